#include "client/api/api_client.h"

#include <doctest/doctest.h>

#include "common/json/json_access.h"
#include "tests/support/net/sockets.h"
#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

constexpr const char* accepted_body =
    R"({"stream_id":"6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f","skipped":[{"id":"a/b","reason":"no key"}]})";

TaskSpec build_spec(std::string task) {
  TaskSpec spec;
  spec.task = std::move(task);
  return spec;
}

void ignore(const Error&, milliseconds) {}

}  // namespace

TEST_CASE("a task is submitted as JSON with its own idempotency key, and the stream id is returned") {
  ScriptedServer server(
      [](const ScriptedRequest&, ScriptedReply& reply, int) { reply.answer(202, "application/json", accepted_body); });
  ManualWaiter waiting;
  ApiClient api({.server = server.url()}, waiting);
  const auto accepted = api.submit(build_spec("do \"it\""), ignore);
  REQUIRE(accepted.has_value());
  CHECK(accepted->stream_id == "6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f");
  CHECK(accepted->skipped == std::vector<std::string>{"a/b: no key"});
  const ScriptedRequest request = server.requests().at(0);
  CHECK(request.method == "POST");
  CHECK(request.target == "/api/stream/task");
  CHECK(request.header("Content-Type") == "application/json");
  CHECK(request.header("Idempotency-Key").size() == 32);
  CHECK(text_at(*parse_json(request.body), "task") == "do \"it\"");
}

TEST_CASE("a busy server is retried after its Retry-After, with the same key") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int number) {
    if (number == 0) return reply.answer(503, "application/problem+json", R"({"code":"busy"})", "Retry-After: 4\r\n");
    reply.answer(202, "application/json", accepted_body);
  });
  ManualWaiter waiting;
  ApiClient api({.server = server.url()}, waiting);
  CHECK(api.submit(build_spec("x"), ignore).has_value());
  REQUIRE(waiting.pauses.size() == 1);
  CHECK(waiting.pauses[0] >= milliseconds(4'000));
  CHECK(server.requests().at(0).header("Idempotency-Key") == server.requests().at(1).header("Idempotency-Key"));
}

const std::string unknown_body = R"({"code":"timeout","detail":"not complete in time"})";

TEST_CASE(
    "a submission whose outcome is unknown is repeated with the same key, and its response is that of the first") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int number) {
    if (number == 0) return reply.answer(504, "application/problem+json", unknown_body, "Retry-After: 1\r\n");
    reply.answer(202, "application/json", accepted_body);
  });
  ManualWaiter waiting;
  ApiClient api({.server = server.url()}, waiting);
  CHECK(api.submit(build_spec("x"), ignore).has_value());
  CHECK(server.requests().at(0).header("Idempotency-Key") == server.requests().at(1).header("Idempotency-Key"));
}

TEST_CASE("a submission whose outcome stays unknown is reported as possibly accepted, whatever came last") {
  for (const bool ends_busy : {false, true}) {
    CAPTURE(ends_busy);
    ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int number) {
      const bool busy = ends_busy && number > 0;
      reply.answer(busy ? 503 : 504, "application/problem+json", busy ? R"({"code":"busy"})" : unknown_body,
                   "Retry-After: 1\r\n");
    });
    ManualWaiter waiting;
    ApiClient api({.server = server.url(), .retry_for = milliseconds(10'000)}, waiting);
    const auto accepted = api.submit(build_spec("x"), ignore);
    REQUIRE_FALSE(accepted.has_value());
    CHECK(accepted.error().message.find("may have been accepted") != std::string::npos);
    CHECK(server.requests().size() > 1);
  }
}

TEST_CASE("a cancel whose outcome is unknown names the commands that show it") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(504, "application/problem+json", unknown_body, "Retry-After: 1\r\n");
  });
  ManualWaiter waiting;
  ApiClient api({.server = server.url()}, waiting);
  const auto cancelled = api.cancel("6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f");
  REQUIRE_FALSE(cancelled.has_value());
  CHECK(cancelled.error().code == ErrorCode::timeout);
  CHECK(cancelled.error().advice().find("plenum status") != std::string::npos);
}

TEST_CASE("a task whose response is lost is not submitted again") {
  for (const std::string partial :
       {"", "HTTP/1.1 202 Acc", "HTTP/1.1 202 Accepted\r\nContent-Length: 90\r\n\r\n{\"str", "\x01\x02"}) {
    CAPTURE(partial);
    ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) { reply.send(partial); });
    ManualWaiter waiting;
    ApiClient api({.server = server.url()}, waiting);
    const auto accepted = api.submit(build_spec("x"), ignore);
    REQUIRE_FALSE(accepted.has_value());
    CHECK(row_of(accepted.error().code).exit_code == 5);
    CHECK(accepted.error().message.find("may have been accepted") != std::string::npos);
    CHECK(accepted.error().advice().find("plenum list") != std::string::npos);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("a server that is not running is retried for a moment, then reported as unreachable") {
  std::string gone;
  {
    gone = ScriptedServer([](const ScriptedRequest&, ScriptedReply&, int) {}).url();
  }
  ManualWaiter waiting;
  ApiClient api({.server = gone}, waiting);
  const auto accepted = api.submit(build_spec("x"), ignore);
  REQUIRE_FALSE(accepted.has_value());
  CHECK(accepted.error().code == ErrorCode::unreachable);
  CHECK(accepted.error().message.find(gone) != std::string::npos);
  CHECK(accepted.error().message.find("Connection refused") != std::string::npos);
  CHECK(waiting.pauses.size() == 3);
}

TEST_CASE("every validation error of a rejected task is reported with its option") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) {
    reply.answer(422, "application/problem+json",
                 R"({"code":"validation-failed","detail":"the task has 2 faults","remedy":"Correct them.",
                     "errors":[{"pointer":"/members/0","detail":"unknown"},{"pointer":"/ttl_s","detail":"too small"}]})");
  });
  ManualWaiter waiting;
  ApiClient api({.server = server.url()}, waiting);
  const auto accepted = api.submit(build_spec("x"), ignore);
  REQUIRE_FALSE(accepted.has_value());
  CHECK(accepted.error().message == "the task has 2 faults\n  --member: unknown\n  /ttl_s: too small");
  CHECK(row_of(accepted.error().code).exit_code == 2);
}

TEST_CASE("responses of other programs are recognized") {
  struct Case {
    int status;
    const char* type;
    const char* body;
    int exit_code;
  };
  for (const Case& made :
       {Case{401, "text/html", "<p>", 4}, Case{403, "text/plain", "", 4}, Case{404, "text/html", "x", 5},
        Case{302, "text/html", "", 5}, Case{200, "text/html", "<p>", 5}, Case{500, "text/plain", "", 5},
        Case{413, "text/html", "<p>", 2}, Case{500, "application/problem+json", R"({"code":"internal"})", 1},
        Case{410, "application/problem+json", R"({"code":"stream-gone"})", 6}}) {
    CAPTURE(made.status);
    ScriptedServer server(
        [&](const ScriptedRequest&, ScriptedReply& reply, int) { reply.answer(made.status, made.type, made.body); });
    ManualWaiter waiting;
    const auto status = ApiClient({.server = server.url()}, waiting).status("x");
    REQUIRE_FALSE(status.has_value());
    CHECK(row_of(status.error().code).exit_code == made.exit_code);
  }
}

TEST_CASE("a response that ends before its status line is a lost connection, not a response with status 0") {
  for (const std::string partial : {"H", "HTTP/1.1", "HTTP/1.1 2"}) {
    CAPTURE(partial);
    ScriptedServer server([&](const ScriptedRequest&, ScriptedReply& reply, int) { reply.send(partial); });
    ManualWaiter waiting;
    const auto status = ApiClient({.server = server.url()}, waiting).status("x");
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code == ErrorCode::unreachable);
    CHECK(status.error().message.find("HTTP 0") == std::string::npos);
  }
}

TEST_CASE("cancel distinguishes a running task from a finished one") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int number) {
    reply.answer(number == 0 ? 202 : 200, "application/json", R"({"stream_id":"x","status":"completed"})");
  });
  ManualWaiter waiting;
  ApiClient api({.server = server.url()}, waiting);
  CHECK_FALSE(api.cancel("x")->already_finished);
  CHECK(api.cancel("x")->already_finished);
  CHECK(server.requests().at(0).target == "/api/stream/cancel/x");
}

TEST_CASE("a server address is normalized from user input") {
  CHECK(*server_url_from("localhost:8080") == "http://localhost:8080");
  CHECK(*server_url_from("https://example.org/plenum//") == "https://example.org/plenum");
  CHECK(*server_url_from("HTTP://127.0.0.1:8080") == "http://127.0.0.1:8080");
  CHECK(*server_url_from("Https://Example.org/Plenum") == "https://Example.org/Plenum");
  for (const char* wrong :
       {"", "http://", "ftp://x", "http://a b", "http://user@host", "http://h?q", "http:///x", "http://:80", "://h"}) {
    CAPTURE(wrong);
    CHECK_FALSE(server_url_from(wrong).has_value());
  }
}

TEST_CASE("where nothing listens, a server is started once, and the call is repeated") {
  std::uint16_t port = 0;
  listen_loopback(port);  // closed at once
  int started = 0;
  ApiOptions options{.server = "http://127.0.0.1:" + std::to_string(port)};
  options.start_server = [&]() -> Result<void> {
    ++started;
    return {};
  };
  ManualWaiter waiting;
  ApiClient api(options, waiting);
  for (int call = 0; call < 2; ++call) {
    const auto status = api.status("x");
    REQUIRE_FALSE(status);
    CHECK(status.error().message.starts_with("no server is reachable"));
  }
  CHECK(started == 1);
}

TEST_CASE("the error of a server that cannot be started is that of the call, for a submission too") {
  std::uint16_t port = 0;
  listen_loopback(port);
  ApiOptions options{.server = "http://127.0.0.1:" + std::to_string(port)};
  options.start_server = []() -> Result<void> { return Failure(Error{ErrorCode::unreachable, "no plenumd"}); };
  ManualWaiter waiting;
  CHECK(ApiClient(options, waiting).status("x").error().message == "no plenumd");
  CHECK(ApiClient(options, waiting).submit(build_spec("x"), ignore).error().message == "no plenumd");
  CHECK(waiting.pauses.empty());
}

TEST_CASE("a running server, also one that answers with an error, is never started again") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) { reply.answer(502, "text/html", ""); });
  ApiOptions options{.server = server.url()};
  options.start_server = []() -> Result<void> {
    FAIL("a server was started");
    return {};
  };
  ManualWaiter waiting;
  CHECK_FALSE(ApiClient(options, waiting).status("x").has_value());
}

TEST_CASE("a program that does not speak HTTP is reported as such") {
  ScriptedServer server(
      [](const ScriptedRequest&, ScriptedReply& reply, int) { reply.send("SSH-2.0-OpenSSH_9.2\r\n"); });
  ManualWaiter waiting;
  const auto status = ApiClient({.server = server.url()}, waiting).status("x");
  REQUIRE_FALSE(status);
  CHECK(row_of(status.error().code).exit_code == 5);
  CHECK(status.error().message.find("the response is not HTTP") != std::string::npos);
}

TEST_CASE("a Retry-After of more than a day counts as a day") {
  struct HeadReader final : HttpReader {
    bool on_head(const HttpHead& head) override { return seen = head, true; }
    bool on_bytes(std::string_view) override { return true; }
    milliseconds silence_max() const override { return milliseconds(0); }
    HttpHead seen;
  };
  ScriptedServer server([](const ScriptedRequest& request, ScriptedReply& reply, int) {
    const bool date = request.target == "/date";
    reply.answer(503, "text/plain", "later",
                 date ? "Retry-After: Fri, 31 Dec 2150 23:59:59 GMT\r\n" : "Retry-After: 999999999\r\n");
  });
  for (const char* target : {"/seconds", "/date"}) {
    ManualWaiter waiting;
    HeadReader reader;
    HttpRequest request;
    request.url = server.url() + target;
    CHECK(perform(request, reader, waiting).end == HttpEnd::complete);
    CHECK(reader.seen.retry_after == std::chrono::hours(24));
  }
}
