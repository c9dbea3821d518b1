#include "client/api/stream_follower.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>

#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

class Recorder final : public FollowListener {
 public:
  void on_event(const ReceivedEvent& event, std::string_view json) override {
    if (event.seq > 0) lines.emplace_back(json);
    if (event.seq == 0) ++controls;
  }
  void on_connection_issue(const ConnectionIssue& issue) override { issues.push_back(issue.cause.message); }
  void on_mismatch(const std::string& what) override { mismatches.push_back(what); }
  bool on_batch_end() override { return lines.size() < stop_after; }

  std::vector<std::string> lines, issues, mismatches;
  int controls = 0;
  std::size_t stop_after = 1'000'000;
};

ScriptedStream two_tokens() {
  const auto source = source_of("answer", 1, "Answer");
  ChunkCompleted chunk = std::get<ChunkCompleted>(completed(source, "Grüße, 世界").payload);
  chunk.chars = 9;
  return ScriptedStream(
      {started(source), token(source, "Grüße, "), token(source, "世界"), {chunk, source}, answered("Grüße, 世界")});
}

std::uint64_t cursor_of(const ScriptedRequest& request) {
  const auto id = EventId::parse(request.header("Last-Event-ID"));
  return id ? id->seq : 0;
}

StreamFollowerOptions options_for(const ScriptedServer& server) {
  StreamFollowerOptions options;
  options.server = server.url();
  options.url = server.url() + "/api/stream/events/x";
  options.random = [](std::uint32_t, std::uint32_t high) { return high; };
  return options;
}

void check_whole(const Recorder& received, const ScriptedStream& stream) {
  REQUIRE(received.lines.size() == stream.size());
  for (std::uint64_t seq = 1; seq <= stream.size(); ++seq) CHECK(received.lines[seq - 1] == stream.json(seq));
  CHECK(received.mismatches.empty());
}

}  // namespace

TEST_CASE("a follower whose connection is lost at any byte of the response misses and repeats nothing") {
  const ScriptedStream stream = two_tokens();
  const std::string whole =
      ScriptedStream::head() + "retry: 1000\n" + stream.control(stream_open(5)) + stream.frames_after(0);
  std::atomic<std::size_t> cut{0};
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (const std::size_t bytes = cut.exchange(0); bytes > 0)
      return reply.send(std::string_view(whole).substr(0, bytes));
    reply.send(ScriptedStream::head() + stream.control(stream_open(5)) + stream.frames_after(cursor_of(request)));
  });
  for (std::size_t at = 1; at < whole.size(); ++at) {
    cut = at;
    ManualWaiter waiting;
    Recorder received;
    StreamFollower follower(options_for(server), waiting, received);
    const auto end = follower.follow();
    CAPTURE(at);
    REQUIRE(end.has_value());
    REQUIRE(*end == FollowEnd::terminal);
    check_whole(received, stream);
  }
}

TEST_CASE("before every wait the listener can draw what changes with time, and limits the wait") {
  class Drawer final : public FollowListener {
   public:
    void on_event(const ReceivedEvent&, std::string_view) override {}
    void on_connection_issue(const ConnectionIssue& issue) override { wait = issue.wait; }
    void on_mismatch(const std::string&) override {}
    milliseconds on_wait() override {
      ++calls;
      return milliseconds(83);
    }
    int calls = 0;
    milliseconds wait{0};
  };
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int number) {
    if (number == 0) return reply.send(ScriptedStream::head() + stream.frame(1));
    reply.send(ScriptedStream::head() + stream.frames_after(cursor_of(request)));
  });
  ManualWaiter waiting;
  Drawer drawer;
  CHECK(StreamFollower(options_for(server), waiting, drawer).follow() == FollowEnd::terminal);
  CHECK(drawer.calls > 0);
  milliseconds paused{0};
  for (const milliseconds pause : waiting.pauses) {
    CHECK(pause <= milliseconds(83));
    paused += pause;
  }
  CHECK(paused >= drawer.wait - milliseconds(83));  // real time passes as well
  CHECK(drawer.wait > milliseconds(83));
}

TEST_CASE("events that are repeated after a reconnect are dropped") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int number) {
    // A server that ignores the cursor and always starts at the first event.
    const std::string all = stream.frames_after(0);
    reply.send(ScriptedStream::head() + (number == 0 ? all.substr(0, all.size() / 2) : all));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  check_whole(received, stream);
}

TEST_CASE("a gap in the numbers is repaired by reading again from the cursor") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int number) {
    if (number == 0) return reply.send(ScriptedStream::head() + stream.frame(1) + stream.frame(3));
    reply.send(ScriptedStream::head() + stream.frames_after(cursor_of(request)));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  check_whole(received, stream);
  CHECK(server.requests().at(1).header("Last-Event-ID") == "abcd1234-1");
  CHECK(received.issues.at(0).find("from event 1 to event 3") != std::string::npos);
}

TEST_CASE("a permanent gap is an error, not an endless loop") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1) + stream.frame(3));
  });
  ManualWaiter waiting;
  Recorder received;
  const auto end = StreamFollower(options_for(server), waiting, received).follow();
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().code == ErrorCode::malformed);
  CHECK(server.requests().size() == 4);
  CHECK(received.lines.size() == 1);
}

TEST_CASE("an event whose id belongs to another event is not delivered") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int number) {
    std::string frame = stream.frame(1);
    if (number == 0) frame.replace(frame.find("abcd1234-1"), 10, "abcd1234-5");
    reply.send(ScriptedStream::head() + frame + stream.frames_after(1));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  check_whole(received, stream);
}

TEST_CASE("a silent connection, without heartbeats, is reopened") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int number) {
    reply.send(ScriptedStream::head() + stream.frame(cursor_of(request) + 1));
    if (number == 0) return reply.wait_for_close();
    reply.send(stream.frames_after(cursor_of(request) + 1));
  });
  StreamFollowerOptions options = options_for(server);
  options.heartbeat = milliseconds(200);
  options.silence_min = milliseconds(1);
  ManualWaiter waiting;
  Recorder received;
  const auto began = std::chrono::steady_clock::now();
  CHECK(StreamFollower(options, waiting, received).follow() == FollowEnd::terminal);
  const auto waited = std::chrono::steady_clock::now() - began;
  check_whole(received, stream);
  CHECK(received.issues.at(0).find("heartbeat") != std::string::npos);
  CHECK(waited >= options.heartbeat * 5 / 2);
  CHECK(waited < options.heartbeat * 10);
}

TEST_CASE("204 means that the stream is finished and completely read") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  });
  StreamFollowerOptions options = options_for(server);
  options.start = StreamCursor::after(5);
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options, waiting, received).follow() == FollowEnd::nothing_more);
  CHECK(server.requests().at(0).target == "/api/stream/events/x?dialect=native&after=5");
}

TEST_CASE("an unknown stream is reported immediately, with the server's message") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(404, "application/problem+json",
                 R"({"status":404,"code":"stream-not-found","detail":"no such stream","remedy":"List yours."})");
  });
  ManualWaiter waiting;
  Recorder received;
  const auto end = StreamFollower(options_for(server), waiting, received).follow();
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().code == ErrorCode::stream_not_found);
  CHECK(end.error().message == "no such stream");
  CHECK(end.error().advice() == "List yours.");
  CHECK(row_of(end.error().code).exit_code == 6);
  CHECK(waiting.pauses.empty());
}

TEST_CASE("a busy server is retried after its Retry-After, not sooner") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int number) {
    if (number == 0) return reply.answer(503, "application/problem+json", R"({"code":"busy"})", "Retry-After: 7\r\n");
    if (number == 1) return reply.answer(429, "text/plain", "later", "Retry-After: 3\r\n");
    reply.send(ScriptedStream::head() + stream.frames_after(0));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  REQUIRE(waiting.pauses.size() == 2);
  CHECK(waiting.pauses[0] >= milliseconds(7'000));
  CHECK(waiting.pauses[0] < milliseconds(8'000));
  CHECK(waiting.pauses[1] >= milliseconds(3'000));
}

TEST_CASE("waits grow to the limit while a server is unreachable, and the follower gives up in the end") {
  std::string gone;
  {
    gone = ScriptedServer([](const ScriptedRequest&, ScriptedReply&, int) {}).url();
  }
  StreamFollowerOptions options;
  options.url = gone + "/api/stream/events/x";
  options.server = gone;
  options.retry_for = milliseconds(60'000);
  options.random = [](std::uint32_t, std::uint32_t high) { return high; };
  ManualWaiter waiting;
  Recorder received;
  const auto end = StreamFollower(options, waiting, received).follow();
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().code == ErrorCode::unreachable);
  REQUIRE(waiting.pauses.size() > 6);
  CHECK(waiting.pauses[0] == milliseconds(250));
  CHECK(waiting.pauses[1] == milliseconds(500));
  CHECK(waiting.pauses.back() == milliseconds(5'000));
  milliseconds total{0};
  for (const milliseconds pause : waiting.pauses) total += pause;
  CHECK(total <= milliseconds(60'000));
}

TEST_CASE("the server's retry field is a lower bound of the wait") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int number) {
    if (number == 0) return reply.send(ScriptedStream::head() + "retry: 2500\n" + stream.frame(1));
    reply.send(ScriptedStream::head() + stream.frames_after(cursor_of(request)));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  REQUIRE(waiting.pauses.size() == 1);
  CHECK(waiting.pauses[0] >= milliseconds(2'500));
}

TEST_CASE("a follower that starts from now loses nothing if the connection is lost before the first event") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int number) {
    if (number == 0) return reply.send(ScriptedStream::head() + stream.control(stream_open(2)));
    reply.send(ScriptedStream::head() + stream.frames_after(cursor_of(request)));
  });
  StreamFollowerOptions options = options_for(server);
  options.start = StreamCursor::from_now();
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options, waiting, received).follow() == FollowEnd::terminal);
  CHECK(server.requests().at(0).target == "/api/stream/events/x?dialect=native&from=now");
  CHECK(server.requests().at(1).header("Last-Event-ID") == "abcd1234-2");
  CHECK(received.lines.size() == 3);
}

TEST_CASE("a response that is no event stream is an error") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(200, "text/html", "<p>Welcome to nginx</p>");
  });
  ManualWaiter waiting;
  Recorder received;
  const auto end = StreamFollower(options_for(server), waiting, received).follow();
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().message.find("text/html") != std::string::npos);
  CHECK(row_of(end.error().code).exit_code == 5);
}

TEST_CASE("text that differs from the recorded text is reported") {
  const auto source = source_of("answer", 1, "Answer");
  const ScriptedStream stream({started(source), token(source, "one"), completed(source, "two"), answered("two")});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frames_after(0));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  CHECK(received.mismatches.size() == 1);
}

TEST_CASE("a listener can stop following the stream") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  ManualWaiter waiting;
  Recorder received;
  received.stop_after = 1;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::stopped);
}

TEST_CASE("the wait starts small again after events were received") {
  const ScriptedStream stream = two_tokens();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int number) {
    if (number < 3) return reply.answer(503, "application/problem+json", R"({"code":"busy"})");
    if (number == 3) return reply.send(ScriptedStream::head() + stream.frame(1));
    reply.send(ScriptedStream::head() + stream.frames_after(cursor_of(request)));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  REQUIRE(waiting.pauses.size() == 4);
  CHECK(waiting.pauses[2] == milliseconds(1'000));
  CHECK(waiting.pauses[3] == milliseconds(250));
}

TEST_CASE("a long stream may be repaired more often than a single event") {
  const auto source = source_of("answer", 1, "Answer");
  std::vector<Event> events = {started(source)};
  for (int i = 0; i < 8; ++i) events.push_back(token(source, "x"));
  events.push_back(completed(source, "xxxxxxxx"));
  events.push_back(answered("xxxxxxxx"));
  const ScriptedStream stream(std::move(events));
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    // One new event, then a gap.
    const std::uint64_t seen = cursor_of(request);
    if (seen + 2 < stream.size())
      return reply.send(ScriptedStream::head() + stream.frame(seen + 1) + stream.frame(seen + 3));
    reply.send(ScriptedStream::head() + stream.frames_after(seen));
  });
  ManualWaiter waiting;
  Recorder received;
  CHECK(StreamFollower(options_for(server), waiting, received).follow() == FollowEnd::terminal);
  REQUIRE(received.lines.size() == stream.size());
  CHECK(received.issues.size() > 4);
}
