#include "client/cli/commands/stream_session.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <csignal>
#include <latch>

#include "client/cli/commands/outcome.h"
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
  TaskCancelled end{"user", "requested", {}};
  return {end, nullptr};
}

// A view that raises signals at the first event.
class SignallingView final : public View {
 public:
  explicit SignallingView(std::vector<int> signals_at) : signals_at_(std::move(signals_at)) {}
  void on_event(const ReceivedEvent& event, std::string_view) override {
    if (event.seq == 0) return;
    ++events;
    shown_ = event.seq;
    for (const int number : std::exchange(signals_at_, {})) std::raise(number);
  }
  void notice(Notice, std::string_view text) override { notices += std::string(text) + "\n"; }
  std::optional<std::uint64_t> shown_through() const override { return shown_; }
  void flush() override {}

  int events = 0;
  std::string notices;

 private:
  std::vector<int> signals_at_;
  std::optional<std::uint64_t> shown_;
};

// A view with keys. The keys of the test are pressed one by one, before a wait.
class KeyedView final : public View {
 public:
  explicit KeyedView(std::vector<std::optional<ViewRequest>> presses) : presses_(std::move(presses)) {}
  void on_event(const ReceivedEvent& event, std::string_view) override { ended |= event.terminal; }
  void notice(Notice, std::string_view text) override { notices += std::string(text) + "\n"; }
  void leave() override { left = true; }
  std::optional<std::uint64_t> shown_through() const override { return std::nullopt; }
  void flush() override {}
  milliseconds refresh() override {
    request_ = next_ < presses_.size() ? presses_[next_++] : std::nullopt;
    if (ended) ++waits_after_end;
    return milliseconds(waits_after_end < 2 ? 1 : 3'600'000);
  }
  std::optional<ViewRequest> take_request() override { return std::exchange(request_, std::nullopt); }
  bool stays_open() const override { return waits_after_end < 2; }

  bool ended = false, left = false;
  int waits_after_end = 0;
  std::string notices;

 private:
  std::vector<std::optional<ViewRequest>> presses_;
  std::size_t next_ = 0;
  std::optional<ViewRequest> request_;
};

// The context of the program around one stream.
struct Followed {
  Signals signals;
  SignalWaiter waiting{signals};
  RecordingOutput output;

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
  const ScriptedStream stream({started(ada), token(ada, "half"), cancelled()});
  std::latch cancel_received(1);
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") {
      reply.answer(202, "application/json", R"({"stream_id":"x","status":"running"})");
      return cancel_received.count_down();
    }
    reply.send(ScriptedStream::head() + stream.frame(1) + stream.frame(2));
    cancel_received.wait();
    reply.send(stream.frame(3));
  });
  SignallingView view({SIGINT});
  CHECK(follow(server, view) == 130);
  CHECK(view.events == 3);
  CHECK(count_of(server, "/api/stream/cancel/the-id") == 1);
  CHECK(view.notices.find("press Ctrl-C again") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "a view with keys stays after the end, until it is closed by a key") {
  const ScriptedStream stream({started(ada), cancelled()});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1) + stream.frame(2));
  });
  KeyedView view({});
  CHECK(follow(server, view) == 130);
  CHECK(view.waits_after_end == 2);
  CHECK(!view.left);
}

TEST_CASE_FIXTURE(Followed, "keys cancel the task, skip a member, or leave while the task continues") {
  const ScriptedStream stream({started(ada), token(ada, "half")});
  std::latch left(1);
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") {
      return reply.answer(202, "application/json", R"({"stream_id":"x","status":"running"})");
    }
    reply.send(ScriptedStream::head() + stream.frame(1) + stream.frame(2));
    left.wait();
  });
  KeyedView view({ViewRequest{ViewRequest::Kind::skip, "ada"}, ViewRequest{ViewRequest::Kind::cancel, {}},
                  ViewRequest{ViewRequest::Kind::leave, {}}});
  CHECK(follow(server, view) == 0);
  left.count_down();
  CHECK(view.left);
  CHECK(count_of(server, "/api/stream/cancel/the-id/members/ada") == 1);
  CHECK(count_of(server, "/api/stream/cancel/the-id") == 1);
  CHECK(view.notices.find("Follow it again with: plenum attach the-id") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "a second Ctrl-C exits immediately and prints the attach command") {
  const ScriptedStream stream({started(ada), token(ada, "half"), cancelled()});
  const pthread_t client = ::pthread_self();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") {
      ::pthread_kill(client, SIGINT);
      return reply.wait_for_close();
    }
    reply.send(ScriptedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  SignallingView view({SIGINT});
  CHECK(follow(server, view) == 130);
  CHECK(view.notices.find("plenum attach the-id --after 1 --server URL") != std::string::npos);
  // The request may have reached the server.
  CHECK(view.notices.find("did not confirm the cancel request") != std::string::npos);
  CHECK(view.notices.find("plenum status the-id --server URL") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "two Ctrl-C before the first can be handled send no cancel request, and say so") {
  const ScriptedStream stream({started(ada), token(ada, "half"), cancelled()});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  SignallingView view({SIGINT, SIGINT});
  CHECK(follow(server, view) == 130);
  CHECK(server.requests().size() == 1);
  CHECK(view.notices.find("The task continues.") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "SIGTERM, a closed terminal and SIGQUIT exit without cancelling") {
  const ScriptedStream stream({started(ada)});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  int number = 0;
  SUBCASE("SIGTERM") { number = SIGTERM; }
  SUBCASE("SIGHUP") { number = SIGHUP; }
  SUBCASE("SIGQUIT") { number = SIGQUIT; }
  SignallingView view({number});
  CHECK(follow(server, view) == 130);
  CHECK(server.requests().size() == 1);
  CHECK(view.notices.find("The task continues") != std::string::npos);
}

TEST_CASE_FIXTURE(Followed, "Ctrl-C only exits with --on-interrupt leave") {
  const ScriptedStream stream({started(ada)});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  SignallingView view({SIGINT});
  CHECK(follow(server, view, false) == 130);
  CHECK(count_of(server, "/api/stream/cancel/the-id") == 0);
}

TEST_CASE_FIXTURE(Followed, "Ctrl-C before the stream id is known cancels as soon as it is") {
  const ScriptedStream stream({cancelled()});
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") return reply.answer(202, "application/json", R"({"stream_id":"x"})");
    reply.send(ScriptedStream::head() + stream.frame(1));
  });
  waiting.defer_interrupt();
  std::raise(SIGINT);
  CHECK(waiting.woken());
  SignallingView view({});
  CHECK(follow(server, view) == 130);
  CHECK(server.requests().at(0).target == "/api/stream/cancel/the-id");
}

TEST_CASE_FIXTURE(Followed, "a deferred Ctrl-C ends the wait for a busy server") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(503, "application/problem+json", R"({"code":"busy"})", "Retry-After: 60\r\n");
  });
  waiting.defer_interrupt();
  ApiClient api({.server = server.url()}, waiting);
  TaskSpec spec;
  spec.task = "x";
  const auto accepted = api.submit(spec, [](const Error&, milliseconds) { std::raise(SIGINT); });
  REQUIRE_FALSE(accepted.has_value());
  CHECK(row_of(accepted.error().code).exit_code == 130);
}

TEST_CASE_FIXTURE(Followed, "closed output ends the client, not the task") {
  const ScriptedStream stream({started(ada)});
  ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.send(ScriptedStream::head() + stream.frame(1));
    reply.wait_for_close();
  });
  output.is_broken = true;
  SignallingView view({});
  CHECK(follow(server, view) == 1);
  CHECK(server.requests().size() == 1);
  // From the first event: the requested one was not written.
  CHECK(view.notices.find("plenum attach the-id --server URL") != std::string::npos);
}

TEST_CASE("the remedy of an interrupt before the submission is to run the command again") {
  const std::string text = error_text({ErrorCode::cancelled, "interrupted before the task was submitted", {}});
  CHECK(text == "interrupted before the task was submitted. Run the same command to try again.");
  const std::string lost = error_text({ErrorCode::cancelled, "interrupted", "Look with `plenum list`."});
  CHECK(lost == "interrupted. Look with `plenum list`.");
}

TEST_CASE_FIXTURE(Followed, "the end of a completely read stream is reported from its status") {
  ScriptedServer server([](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.target.find("events") != std::string::npos) {
      return reply.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }
    reply.answer(200, "application/json", R"({"stream_id":"x","status":"completed","degraded":true})");
  });
  SignallingView view({});
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
  CHECK(exit_of(R"({"stream_id":"x","status":"running"})") == 0);
  CHECK(exit_of(R"({"status":"completed"})") == 0);
  CHECK(exit_of(R"({"stream_id":"x","status":"completed","degraded":true})") == 3);
  CHECK(exit_of(R"({"status":"cancelled"})") == 130);
  CHECK(exit_of(R"({"status":"error","error":{"code":"deadline_exceeded"}})") == 124);
  CHECK(exit_of(R"({"status":"interrupted"})") == 1);
}
