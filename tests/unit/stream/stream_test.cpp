#include "server/stream/stream.h"

#include <chrono>
#include <functional>
#include <thread>

#include "server/runtime/event_loop_group.h"
#include "tests/unit/stream/after_pop.h"
#include "tests/unit/stream/stream_fixture.h"

using namespace plenum;
using namespace plenum::stream;
using plenum::tests::StreamFixture;

namespace {

struct Listener : StreamObserver {
  std::function<void(Stream&, std::uint64_t)> moved = [](Stream&, std::uint64_t) {};
  bool removed = false;
  void on_events_published(Stream& stream, std::uint64_t before) override { moved(stream, before); }
  void on_removed(Stream&) override { removed = true; }
};

}  // namespace

TEST_CASE_FIXTURE(StreamFixture, "events of one iteration become visible together, at its end") {
  Listener listener;
  std::vector<std::uint64_t> moves;
  listener.moved = [&](Stream&, std::uint64_t before) { moves.push_back(before); };
  stream->watch(listener);
  loop.post([&] {
    CHECK(stream->push(Event{ChunkStarted{}, speaker}));
    CHECK(push_token("a"));
    CHECK(stream->head() == 0);
  });
  turn();
  CHECK(stream->head() == 2);
  CHECK(moves == std::vector<std::uint64_t>{0});
}

TEST_CASE_FIXTURE(StreamFixture,
                  "adjacent deltas of one chunk that arrive together become one event with the same text") {
  loop.post([&] {
    CHECK(push_token("Hello, "));
    CHECK(push_token("wor"));
    CHECK(push_token("ld"));
    CHECK(stream->push(Event{TokenStream{"hm", TokenKind::reasoning}, speaker}));
    CHECK(push_token("!"));
    CHECK(stream->push(Event{TokenStream{"other", TokenKind::text}, source("other")}));
  });
  turn();
  CHECK(stream->head() == 4);
  const auto events = read_after(0);
  CHECK(std::get<TokenStream>(events[0].payload).tokens == "Hello, world");
  CHECK(std::get<TokenStream>(events[1].payload).kind == TokenKind::reasoning);
  CHECK(events[3].source.chunk == "other");
}

TEST_CASE("merging stops at its bound and can be disabled") {
  StreamFixture bounded({}, {.queue_events_max = 100, .merge_bytes_max = 4});
  bounded.loop.post([&] {
    for (int i = 0; i < 3; ++i) CHECK(bounded.push_token("ab"));
  });
  bounded.turn();
  CHECK(bounded.stream->head() == 2);
  StreamFixture off({}, {.queue_events_max = 100, .merge_bytes_max = 0});
  off.loop.post([&] {
    for (int i = 0; i < 3; ++i) CHECK(off.push_token("ab"));
  });
  off.turn();
  CHECK(off.stream->head() == 3);
}

TEST_CASE_FIXTURE(StreamFixture, "events after the terminal event are rejected, and status and log change together") {
  CHECK(stream->push(Event{TaskStarted{"a task", "single", {}, ""}, nullptr}));
  CHECK(push_end());
  CHECK_FALSE(push_token("too late"));
  Listener listener;
  listener.moved = [&](Stream& seen, std::uint64_t) {
    CHECK(seen.finished());
    CHECK(seen.status() == TaskStatus::completed);
    CHECK(seen.with_state([](const StreamState& state) { return state.status; }) == TaskStatus::completed);
  };
  stream->watch(listener);
  turn();
  CHECK(stream->head() == 2);
  CHECK(read_after(1).front().terminal);
  CHECK(totals->unfinished == 0);
}

TEST_CASE("a full queue rejects the next event but never the terminal one") {
  StreamFixture small({}, {.queue_events_max = 2, .merge_bytes_max = 0});
  CHECK(small.push_token("a"));
  CHECK(small.push_token("b"));
  CHECK_FALSE(small.push_token("c"));
  CHECK(small.push_end());
  small.turn();
  CHECK(small.stream->head() == 3);
  CHECK(small.text_after(0) == "ab");
}

TEST_CASE("a full log is reported once, and the end of the stream is still accepted") {
  StreamFixture small({.bytes_max = 1 << 20, .events_max = 3});
  int reports = 0;
  small.stream->on_log_full([&](const Error& error) {
    ++reports;
    CHECK(error.code == ErrorCode::stream_limit);
    CHECK(small.stream->push(Event{TaskError{error_info(error), {}}, nullptr}));
  });
  for (int i = 0; i < 5; ++i) {
    CHECK(small.stream->push(Event{ChunkStarted{}, small.speaker}));
  }
  small.turn();
  small.turn();
  CHECK(reports == 1);
  CHECK(small.stream->head() == 6);
  CHECK(small.stream->status() == TaskStatus::error);
}

TEST_CASE_FIXTURE(StreamFixture,
                  "an observer may remove itself during a notification, and the others are still notified") {
  Listener leaver, stayer;
  int calls = 0;
  leaver.moved = [&](Stream& seen, std::uint64_t) { ++calls, seen.unwatch(leaver); };
  stayer.moved = [&](Stream&, std::uint64_t) { ++calls; };
  stream->watch(leaver);
  stream->watch(stayer);
  CHECK(push_token("a"));
  turn();
  CHECK(push_token("b"));
  turn();
  CHECK(calls == 3);
  stream->remove();
  CHECK_FALSE(leaver.removed);
  CHECK(stayer.removed);
}

TEST_CASE_FIXTURE(StreamFixture, "a stream is idle only if it is finished and has no subscriber") {
  CHECK_FALSE(stream->idle_since());
  CHECK(push_end());
  turn();
  CHECK(stream->idle_since() == clock.steady());
  stream->add_subscribers(1);
  CHECK_FALSE(stream->idle_since());
  stream->add_subscribers(-1);
  clock.advance(seconds(100));
  stream->touch();
  CHECK(stream->idle_since() == clock.steady());
  clock.advance(seconds(600));
  CHECK(stream->expires_at(clock.wall(), clock.steady()) == clock.wall() + seconds(3000));
  CHECK(stream->memory_expires_at(clock.wall(), clock.steady()) == clock.wall() + seconds(3000));
}

TEST_CASE_FIXTURE(StreamFixture, "the memory of a stream includes its task, its log and the texts of its state") {
  const std::size_t empty = stream->bytes_held();
  CHECK(empty >= stream->info().spec.task.size());
  CHECK(totals->log_bytes() == empty);
  CHECK(stream->push(Event{ChunkStarted{}, speaker}));
  CHECK(push_token(std::string(3000, 'x')));
  turn();
  CHECK(stream->bytes_held() >= empty + 6000);
  CHECK(totals->log_bytes() == stream->bytes_held());
  stream.reset();
  CHECK(totals->log_bytes() == 0);
}

TEST_CASE("100,000 events within one second get unique, contiguous numbers and lose nothing") {
  SystemClock clock;
  runtime::EventLoopGroup loops(clock, 1);
  StreamInfo info;
  info.id = StreamId::random();
  info.accepted = clock.steady();
  auto stream = std::make_shared<Stream>(
      std::move(info), loops.at(0), StreamDependencies{"epoch1", std::make_unique<storage::MemoryLog>()},
      StreamLimits{.queue_events_max = 65'536, .merge_bytes_max = 0}, std::make_shared<StreamTotals>());
  loops.start();
  const auto speaker = StreamFixture::source("answer");
  constexpr std::uint64_t count = 100'000;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t i = 1; i < count; ++i) {
    while (!stream->push(Event{TokenStream{std::to_string(i) + " ", TokenKind::text}, speaker}))
      std::this_thread::yield();
  }
  REQUIRE(stream->push(Event{TaskCompleted{}, nullptr}));
  while (!stream->finished()) std::this_thread::yield();
  const auto took = std::chrono::steady_clock::now() - began;
  loops.stop();
  MESSAGE("took " << std::chrono::duration_cast<milliseconds>(took).count() << " ms");
#if defined(NDEBUG) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  CHECK(took < seconds(1));
#endif
  REQUIRE(stream->head() == count);
  SseDecoder decoder;
  std::vector<SseEvent> frames;
  for (std::uint64_t seq = 0; seq < count;) {
    const auto span = stream->frames_after(seq, 1 << 20);
    REQUIRE(decoder.feed(span.bytes, frames));
    seq = span.last_seq();
  }
  REQUIRE(frames.size() == count);
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    wrong += frames[i].last_event_id != EventId{"epoch1", i + 1}.str();
    if (i + 1 < count)
      wrong += frames[i].data.find("\"tokens\":\"" + std::to_string(i + 1) + " \"") == std::string::npos;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a key in an event is redacted before the event is stored, and every frame has its end") {
  StreamFixture fixture({}, StreamLimits{.merge_bytes_max = 0, .scrubber = redaction::Scrubber({"key-7Q2mZ9xW"})});
  REQUIRE(fixture.push_token("one"));
  REQUIRE(fixture.push_token("it is key-7Q2mZ9xW!"));
  REQUIRE(fixture.push_token("three"));
  fixture.turn();
  REQUIRE(fixture.read_after(0).size() == 3);
  CHECK(fixture.text_after(0) == "oneit is [REDACTED]!three");
  CHECK(fixture.text_after(1) == "it is [REDACTED]!three");
  CHECK(fixture.text_after(2) == "three");
}

TEST_CASE("merged deltas do not count as queued events") {
  StreamFixture small({}, {.queue_events_max = 64});
  bool all_taken = true;
  for (int i = 0; i < 200; ++i) {
    small.loop.post([&] { all_taken = small.push_token("a") && small.push_token("b") && all_taken; });
    small.turn();
  }
  CHECK(all_taken);
  CHECK(small.stream->head() == 200);
  CHECK(small.stream->queue_depth() == 0);
}

TEST_CASE_FIXTURE(StreamFixture, "an event pushed right after the queue was emptied is drained without another push") {
  CHECK(push_token("a"));
  tests::after_next_pop([&] { CHECK(push_token("b")); });
  turn();
  turn();
  CHECK(stream->head() == 2);
  CHECK(text_after(0) == "ab");
}

TEST_CASE("the ends of steps and of the task are synced, other events are not") {
  struct NotingWriter final : core::DurableWriter {
    void append(core::FrameAppend append) override {
      syncs.push_back(append.sync);
      append.on_durable();
    }
    std::vector<bool> syncs;
  };
  tests::ManualClock clock;
  runtime::EventLoop loop(clock);
  NotingWriter writer;
  stream::StreamInfo info;
  info.id = StreamId::random();
  const auto stream = std::make_shared<stream::Stream>(
      std::move(info), loop, stream::StreamDependencies{"epoch1", std::make_unique<storage::MemoryLog>(), &writer},
      stream::StreamLimits{}, std::make_shared<stream::StreamTotals>());
  const auto source = StreamFixture::source("answer");
  for (const Event& event : {Event{ChunkStarted{}, source}, Event{TokenStream{"a", TokenKind::text}, source},
                             Event{ChunkCompleted{}, source}, Event{TaskCompleted{}, nullptr}}) {
    CHECK(stream->push(event));
    loop.run_once(milliseconds(0));
  }
  CHECK(writer.syncs == std::vector<bool>{false, false, true, true});
}
