// Subscribers with filtered and compact views: late or live, blocked or disconnected, they lose no event.
#include <doctest/doctest.h>

#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/json/json_access.h"
#include "server/http/sse/broadcaster.h"
#include "tests/unit/http/peer.h"
#include "tests/unit/stream/stream_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::Peer;
using plenum::tests::StreamFixture;

namespace {

struct ViewFixture : StreamFixture {
  ViewFixture() : StreamFixture({}, {.queue_events_max = 1 << 20, .merge_bytes_max = 0}) {}

  void subscribe(Peer& peer, StreamView view, std::uint64_t after = 0) {
    StartPoint start;
    start.after = after;
    broadcaster.subscribe({peer.server_end, stream, start, "", std::move(view)});
  }
  // The envelopes of all received frames with an id.
  static std::vector<Json> events(Peer& peer) {
    std::vector<Json> found;
    const std::string bytes = peer.log_bytes();
    SseDecoder decoder;
    std::vector<SseEvent> frames;
    REQUIRE(decoder.feed(bytes, frames));
    for (const auto& frame : frames) {
      Json json = parse_json(frame.data).value();
      if (number_at(json, "seq")) found.push_back(std::move(json));
    }
    return found;
  }
  static std::string text_of(const std::vector<Json>& events) {
    std::string text;
    for (const Json& event : events) text += text_at(event, "tokens");
    return text;
  }
  static StreamView of_member(std::string_view name) {
    StreamView view;
    REQUIRE(view.filter.set_members(name));
    return view;
  }
  void push_words(int count) {
    for (int i = 0; i < count; ++i) CHECK(push_token("word" + std::to_string(i) + " "));
  }
  Broadcaster broadcaster{loop, BroadcasterOptions{}};
  const StreamView compact{.compact = true};
};

}  // namespace

TEST_CASE_FIXTURE(ViewFixture, "a compact view merges past deltas and sends live ones unchanged") {
  push_words(100);
  turn();
  Peer peer;
  subscribe(peer, compact);
  turn();
  const auto history = events(peer);
  REQUIRE(history.size() == 1);
  CHECK(history[0]["seq_from"] == 1);
  CHECK(history[0]["seq"] == 100);
  CHECK(push_token("live1"));
  CHECK(push_token("live2"));
  turn();
  const auto all = events(peer);
  REQUIRE(all.size() == 3);
  CHECK_FALSE(all[1].contains("seq_from"));
  CHECK(all[2]["tokens"] == "live2");
  CHECK(push_end());
  turn();
  peer.read();
  CHECK(peer.ended);
  CHECK(text_of(events(peer)) == text_after(0));
}

TEST_CASE_FIXTURE(ViewFixture, "a compact view resumes inside of a range that was merged for others") {
  push_words(100);
  CHECK(push_end());
  turn();
  Peer peer;
  subscribe(peer, compact, 42);
  turn();
  const auto rest = events(peer);
  CHECK(rest[0]["seq_from"] == 43);
  CHECK(text_of(rest) == text_after(42));
  CHECK(peer.ended);
}

TEST_CASE_FIXTURE(ViewFixture,
                  "a compact subscriber whose socket is full gets the missed deltas merged, complete and in order") {
  Peer slow(4096);
  subscribe(slow, compact);
  turn();
  for (int i = 0; i < 300; ++i) {
    push_words(10);
    turn();
  }
  CHECK(push_end());
  for (int i = 0; i < 3000 && !slow.ended; ++i) {
    slow.read();
    turn();
  }
  CHECK(slow.ended);
  const auto all = events(slow);
  std::uint64_t last = 0;
  for (const Json& event : all) {
    CHECK(*number_at(event, "seq") >= static_cast<std::int64_t>(last) + 1);
    CHECK(number_at(event, "seq_from").value_or(*number_at(event, "seq")) == static_cast<std::int64_t>(last) + 1);
    last = static_cast<std::uint64_t>(*number_at(event, "seq"));
  }
  CHECK(last == stream->head());
  CHECK(all.size() < 1000);
  CHECK(text_of(all) == text_after(0));
}

TEST_CASE_FIXTURE(ViewFixture,
                  "the rest of a partly sent frame follows once the socket is writable, without a new event") {
  for (const StreamView& view : {compact, of_member("m/answer")}) {
    Peer slow(4096);
    subscribe(slow, view, stream->head());
    turn();
    const std::string large(200'000, 'x');
    CHECK(push_token(large));
    for (int i = 0; i < 500 && !slow.log_bytes().ends_with("}\n\n"); ++i) turn();
    const auto all = events(slow);
    REQUIRE(all.size() == 1);
    CHECK((all[0]["tokens"] == large));
  }
}

TEST_CASE_FIXTURE(ViewFixture,
                  "subscribers to two members, live and late, get their own events and those of the task") {
  Peer live_a, live_all;
  subscribe(live_a, of_member("m/a"));
  subscribe(live_all, {});
  const auto a = source("a"), b = source("b");
  for (int i = 0; i < 20; ++i) {
    CHECK(stream->push(Event{TokenStream{"a", TokenKind::text}, a}));
    CHECK(stream->push(Event{TokenStream{"b", TokenKind::text}, b}));
    if (i % 4 == 0) turn();
  }
  CHECK(stream->push(Event{TaskProgress{}, nullptr}));
  turn();
  Peer late_b;
  subscribe(late_b, of_member("m/b"));
  CHECK(push_end());
  turn();
  turn();
  for (Peer* peer : {&live_a, &late_b, &live_all}) {
    const auto got = events(*peer);
    CHECK(peer->ended);
    CHECK(got.back()["terminal"] == true);
    CHECK(got[got.size() - 2]["type"] == "task_progress");
  }
  CHECK(text_of(events(live_a)) == std::string(20, 'a'));
  CHECK(text_of(events(late_b)) == std::string(20, 'b'));
  CHECK(events(live_all).size() == 42);
}

TEST_CASE_FIXTURE(ViewFixture, "a subscriber without matching events gets a heartbeat with the last number") {
  Peer peer;
  subscribe(peer, of_member("m/absent"));
  turn();
  for (int i = 0; i < 15; ++i) {
    push_words(1);
    clock.advance(seconds(1));
    turn();
    broadcaster.sweep();
  }
  CHECK(peer.read().find("\"last_seq\":15") != std::string::npos);
  CHECK(events(peer).empty());
}

TEST_CASE_FIXTURE(ViewFixture, "the views of a stream are limited, the subscribers of a view are not") {
  std::vector<std::unique_ptr<Peer>> peers;
  const std::size_t limit = BroadcasterOptions{}.views_per_stream_max;
  for (std::size_t i = 0; i < limit; ++i) {
    const StreamView view = of_member("m/" + std::to_string(i));
    CHECK(broadcaster.accepts(*stream, view));
    subscribe(*peers.emplace_back(std::make_unique<Peer>()), view);
  }
  CHECK_FALSE(broadcaster.accepts(*stream, compact));
  CHECK(broadcaster.accepts(*stream, of_member("m/3")));
  CHECK(broadcaster.accepts(*stream, {}));
  turn();
  peers.front()->close_now();
  turn();
  turn();
  CHECK(broadcaster.accepts(*stream, compact));
}

namespace {

// The log of a run with 20,000 deltas, with line ends and quotes.
struct LongAnswer : ViewFixture {
  void push_deltas() {
    CHECK(stream->push(Event{ChunkStarted{}, speaker}));
    for (int i = 0; i < 20'000; ++i) {
      const std::string word = i % 25 == 0 ? "with \"quotes\".\n" : "word" + std::to_string(i % 97) + " ";
      text += word;
      CHECK(push_token(word));
    }
    turn();
  }
  void finish() {
    ChunkCompleted completed;
    completed.output = text;
    CHECK(stream->push(Event{completed, speaker}));
    TaskCompleted end;
    end.result.answer = text;
    end.result.answers.push_back({"m/answer", "model", "agent", "answer", ChunkStatus::ok, text, {}, {}, 1, {}});
    CHECK(stream->push(Event{end, nullptr}));
    turn();
  }
  // Milliseconds of processor time from the request to the last available byte, however busy the machine is.
  double reopen(Peer& peer, const StartPoint& start, StreamView view) {
    const std::clock_t begin = std::clock();
    broadcaster.subscribe({peer.server_end, stream, start, "", std::move(view)});
    for (int quiet = 0; quiet < 3 && !peer.ended;) {
      const std::size_t before = peer.seen.size();
      turn();
      quiet = peer.read().size() == before ? quiet + 1 : 0;
    }
    return 1'000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  }
  // Bytes of the frames with this name.
  static std::size_t bytes_of(const Peer& peer, std::string_view name) {
    std::size_t bytes = 0;
    const std::string begins = "event: " + std::string(name) + "\n";
    for (auto at = peer.seen.find(begins); at != std::string::npos; at = peer.seen.find(begins, at + 1)) {
      bytes += peer.seen.find("\n\n", at) + 2 - at;
    }
    return bytes;
  }
  void check(std::string_view what, double took, std::size_t bytes) const {
    const double ratio = static_cast<double>(bytes) / static_cast<double>(text.size());
    MESSAGE(what << ": reopened in " << took << " ms, " << ratio << " of its text");
    CHECK(ratio >= 1.0);
    CHECK(ratio <= 1.2);
    CHECK(took < 200);  // ten times the target
  }
  std::string text;
};

}  // namespace

TEST_CASE_FIXTURE(LongAnswer, "reopening 20,000 deltas, compact or as a snapshot, takes little more than their text") {
  push_deltas();
  Peer replayed, snapshot;
  const double replay_took = reopen(replayed, {}, compact);
  check("compact, running", replay_took, replayed.seen.size());
  StartPoint state;
  state.snapshot = true;
  state.after = stream->head();
  const double state_took = reopen(snapshot, state, {});
  check("snapshot, running", state_took, snapshot.seen.size());
}

TEST_CASE_FIXTURE(LongAnswer, "a finished stream sends its text once before the events that include it") {
  push_deltas();
  finish();
  Peer replayed, snapshot;
  const double compact_took = reopen(replayed, {}, compact);
  CHECK(replayed.ended);
  const std::size_t whole = bytes_of(replayed, "chunk_completed") + bytes_of(replayed, "task_completed");
  check("compact, finished", compact_took, replayed.seen.size() - whole);
  StartPoint state;
  state.snapshot = true;
  state.after = stream->head() - 1;
  const double state_took = reopen(snapshot, state, {});
  CHECK(snapshot.ended);
  CHECK(bytes_of(snapshot, "task_completed") > 0);
  check("snapshot, finished", state_took, snapshot.seen.size() - bytes_of(snapshot, "task_completed"));
}
