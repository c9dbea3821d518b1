#include "client/cli/commands/stream_session.h"

#include <doctest/doctest.h>

#include <csignal>
#include <latch>

#include "client/cli/render/plain_view.h"
#include "common/json/json_access.h"
#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

const auto ada = source_of("a", 1, "Ada");

Event cancelled() {
  TaskCancelled end{"user", "asked for", {}};
  return {end, nullptr};
}

// A view that presses Ctrl-C when it sees so many events.
class PressingView final : public View {
 public:
  explicit PressingView(std::vector<int> signals_at) : signals_at_(std::move(signals_at)) {}
  void on_event(const ReceivedEvent& event, std::string_view) override {
    if (event.seq == 0) return;
    ++events;
    for (const int number : std::exchange(signals_at_, {})) std::raise(number);
  }
  void notice(Notice, std::string_view text) override { notices += std::string(text) + "\n"; }
  void flush() override {}

  int events = 0;
  std::string notices;

 private:
  std::vector<int> signals_at_;
};

// The whole program's surroundings around one stream, and a server that plays it.
struct Followed {
  Signals signals;
  SignalWaiter waiting{signals};
  RememberingOutput output;

  int follow(const ScriptedServer& server, View& view, bool cancel_on_interrupt = true) {
    ApiClient api({.server = server.url()}, waiting);
    return StreamSession(api, waiting, view, output, {"the-id", {}, cancel_on_interrupt, " --server URL"}).run();
  }
};

int count_of(const ScriptedServer& server, std::string_view target) {
  int count = 0;
  for (const ScriptedRequest& request : server.requests()) count += request.target == target ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE_FIXTURE(Followed, "the first Ctrl-C cancels on the server and follows to the end: 130") {
  const PlayedStream stream({started(ada), token(ada, "half"), cancelled()});
  std::latch cancel_heard(1);
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") {
      reply.answer(202, "application/json", R"({"status":"running"})");
      return cancel_heard.count_down();
    }
    reply.send(PlayedStream::head() + stream.frame(1) + stream.frame(2));
    cancel_heard.wait();
    reply.send(stream.frame(3));
  });
  PressingView view({SIGINT});
  CHECK(follow(server, view) == 130);
  CHECK(view.events == 3);
  CHECK(count_of(server, "/api/stream/cancel/the-id") == 1);
  CHECK(view.notices.find("press Ctrl-C again") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "a second Ctrl-C leaves at once and says how to come back") {
  const PlayedStream stream({started(ada), token(ada, "half"), cancelled()});
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") return reply.wait_for_close();
    reply.send(PlayedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  PressingView view({SIGINT, SIGINT});
  CHECK(follow(server, view) == 130);
  CHECK(view.notices.find("plenum attach the-id --after 1 --server URL") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "SIGTERM leaves without cancelling") {
  const PlayedStream stream({started(ada)});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(PlayedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  PressingView view({SIGTERM});
  CHECK(follow(server, view) == 130);
  CHECK(server.requests().size() == 1);
  CHECK(view.notices.find("not stopped by this") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "Ctrl-C only leaves when that was asked for") {
  const PlayedStream stream({started(ada)});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(PlayedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  PressingView view({SIGINT});
  CHECK(follow(server, view, false) == 130);
  CHECK(count_of(server, "/api/stream/cancel/the-id") == 0);
}

TEST_CASE_FIXTURE(Followed, "a Ctrl-C before the stream is known cancels as soon as it is") {
  const PlayedStream stream({cancelled()});
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") return reply.answer(202, "application/json", "{}");
    reply.send(PlayedStream::head() + stream.frame(1));
  });
  waiting.put_off_interrupt();
  std::raise(SIGINT);
  CHECK(waiting.woken());
  PressingView view({});
  CHECK(follow(server, view) == 130);
  CHECK(server.requests().at(0).target == "/api/stream/cancel/the-id");
}

TEST_CASE_FIXTURE(Followed, "a Ctrl-C while a busy server is waited for gives up, although it was put off") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(503, "application/problem+json", R"({"code":"busy"})", "Retry-After: 60\r\n");
  });
  waiting.put_off_interrupt();
  ApiClient api({.server = server.url()}, waiting);
  TaskSpec spec;
  spec.task = "x";
  const auto accepted = api.submit(spec, [](const Error&, milliseconds) { std::raise(SIGINT); });
  REQUIRE_FALSE(accepted.has_value());
  CHECK(row_of(accepted.error().code).exit_code == 130);
}

TEST_CASE_FIXTURE(Followed, "output that nobody takes ends the client, not the task") {
  const PlayedStream stream({started(ada)});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(PlayedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  output.is_broken = true;
  PressingView view({});
  CHECK(follow(server, view) == 1);
  CHECK(server.requests().size() == 1);
  // From the beginning: nobody has received the event that the server was asked for.
  CHECK(view.notices.find("plenum attach the-id --server URL") != std::string::npos);
}

TEST_CASE("interrupted before there was a task, nobody is sent to its result") {
  const std::string text = error_text({ErrorCode::cancelled, "interrupted before a task was handed in", {}});
  CHECK(text == "interrupted before a task was handed in. Run the same command to try again.");
  const std::string lost = error_text({ErrorCode::cancelled, "interrupted", "Look with `plenum list`."});
  CHECK(lost == "interrupted. Look with `plenum list`.");
}

TEST_CASE_FIXTURE(Followed, "a stream that was read to its end says how it ended, from its status") {
  ScriptedServer server([](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.target.find("events") != std::string::npos) {
      return reply.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }
    reply.answer(200, "application/json", R"({"status":"completed","degraded":true})");
  });
  PressingView view({});
  CHECK(follow(server, view) == 3);
  CHECK(view.notices.find("completed") != std::string::npos);
}

TEST_CASE("the end of a run becomes an exit code") {
  const auto end_of = [](const Event& event) {
    ReceivedEvent received;
    received.payload = event.payload;
    return exit_code_of(received);
  };
  CHECK(end_of(answered("x")) == 0);
  TaskCompleted degraded;
  degraded.result.degraded = true;
  CHECK(end_of({degraded, nullptr}) == 3);
  CHECK(end_of(cancelled()) == 130);
  for (const auto& [code, exit] : std::initializer_list<std::pair<const char*, int>>{
           {"overloaded", 1}, {"deadline_exceeded", 124}, {"authentication", 4}, {"of a newer server", 1}}) {
    TaskError failed;
    failed.error.code = code;
    CAPTURE(code);
    CHECK(end_of({failed, nullptr}) == exit);
  }
}

TEST_CASE("a status becomes the exit code that following it would have given") {
  const auto exit_of = [](const char* json) { return exit_code_of_status(*parse_json(json)); };
  CHECK(exit_of(R"({"status":"running"})") == 0);
  CHECK(exit_of(R"({"status":"completed"})") == 0);
  CHECK(exit_of(R"({"status":"completed","degraded":true})") == 3);
  CHECK(exit_of(R"({"status":"cancelled"})") == 130);
  CHECK(exit_of(R"({"status":"expired"})") == 6);
  CHECK(exit_of(R"({"status":"error","error":{"code":"deadline_exceeded"}})") == 124);
  CHECK(exit_of(R"({"status":"interrupted"})") == 1);
}
