#include "server/http/server/httplib_adapter.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/unit/http/handler_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::HandlerFixture;

namespace {

HandlerResult hello(const HandlerContext&, const Request&, std::string_view) {
  return Response(200, "text/plain", "hello");
}
HandlerResult throws(const HandlerContext&, const Request&, std::string_view) {
  throw std::runtime_error("the secret sk-123");
}
HandlerResult throws_int(const HandlerContext&, const Request&, std::string_view) { throw 7; }
HandlerResult echoes(const HandlerContext&, const Request& request, std::string_view id) {
  Response reply(200, "text/plain", request.body + "|" + std::string(id) + "|" + request.head.query);
  reply.header("X-Echo", request.head.header("last-event-id"));
  return reply;
}
HandlerResult nothing(const HandlerContext&, const Request&, std::string_view) { return Response(204); }
HandlerResult waits(const HandlerContext&, const Request&, std::string_view) {
  DeferredResponse deferred;
  deferred.render = []() -> Response { throw std::runtime_error("later"); };
  return deferred;
}

constexpr Route routes[] = {
    {Method::get, "/hello", false, &hello},    {Method::get, "/throws", false, &throws},
    {Method::get, "/int", false, &throws_int}, {Method::post, "/echo/{id}", true, &echoes},
    {Method::post, "/bare", false, &hello},    {Method::get, "/nothing", false, &nothing},
    {Method::get, "/waits", false, &waits},
};

struct LibraryFixture : HandlerFixture {
  Answer answer(std::string_view head, std::string body = {}) {
    auto judged = judge_head(head, {});
    REQUIRE(std::holds_alternative<RequestHead>(judged));
    Request request{std::get<RequestHead>(std::move(judged)), std::move(body), true};
    request.keep_alive = request.head.keep_alive;
    return library.serve(request);
  }
  std::string bytes(std::string_view head, std::string body = {}) {
    auto given = answer(head, std::move(body));
    REQUIRE(std::holds_alternative<SerializedResponse>(given));
    return std::get<SerializedResponse>(given).bytes;
  }
  OriginPolicy gate{OriginPolicyOptions{}};
  Router router{context, gate, routes};
  HttplibAdapter library{router};
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(LibraryFixture, "a handler that throws gives a 500 problem that says nothing of the exception") {
  for (const char* path : {"/throws", "/int"}) {
    const auto reply = bytes("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r7\r\n\r\n");
    CHECK(reply.starts_with("HTTP/1.1 500 "));
    CHECK(has(reply, "application/problem+json"));
    CHECK(has(reply, "\"code\":\"internal\""));
    CHECK(has(reply, "\"request_id\":\"r7\""));
    CHECK_FALSE(has(reply, "sk-123"));
    CHECK_FALSE(has(reply, "EXCEPTION_WHAT"));
  }
  CHECK(has(bytes("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), "\r\n\r\nhello"));
}

TEST_CASE_FIXTURE(LibraryFixture, "an answer that is rendered later and throws is a 500 problem as well") {
  auto given = answer("GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(std::holds_alternative<DeferredResponse>(given));
  CHECK(std::get<DeferredResponse>(given).answer(false).status() == 500);
  CHECK(std::get<DeferredResponse>(given).answer(true).status() == 410);
}

TEST_CASE_FIXTURE(LibraryFixture, "every reply carries its request id and may be neither sniffed nor stored") {
  for (const char* path : {"/hello", "/nowhere", "/nothing", "/throws"}) {
    CAPTURE(path);
    const auto reply = bytes("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r7\r\n\r\n");
    CHECK(has(reply, "\r\nX-Request-Id: r7\r\n"));
    CHECK(has(reply, "\r\nX-Content-Type-Options: nosniff\r\n"));
    CHECK(has(reply, "\r\nCache-Control: no-store\r\n"));
    CHECK_FALSE(has(reply, "Keep-Alive:"));
    CHECK_FALSE(has(reply, "Accept-Ranges"));
  }
}

TEST_CASE_FIXTURE(LibraryFixture,
                  "handlers see body, id, query and headers as they were sent, not as the library decodes them") {
  const auto reply = bytes(
      "POST /echo/a%20b?x=%41?y HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Last-Event-ID: a%20b\r\nContent-Length: 3\r\n\r\n",
      "{ }");
  CHECK(has(reply, "\r\n\r\n{ }|a%20b|x=%41?y"));
  CHECK(has(reply, "\r\nX-Echo: a%20b\r\n"));
}

TEST_CASE_FIXTURE(LibraryFixture, "methods are answered as their path allows") {
  const auto wrong = bytes("PUT /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(wrong.starts_with("HTTP/1.1 405 "));
  CHECK(has(wrong, "\r\nAllow: GET, HEAD, OPTIONS\r\n"));
  const auto options = bytes("OPTIONS /echo/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(options.starts_with("HTTP/1.1 204 "));
  CHECK(has(options, "\r\nAllow: POST, OPTIONS\r\n"));
  CHECK_FALSE(has(options, "Content-Length"));
  const auto head = bytes("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(has(head, "\r\nContent-Length: 5\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE_FIXTURE(LibraryFixture,
                  "a POST that does not say its length is refused where a body is needed and closes everywhere") {
  CHECK(bytes("POST /echo/x HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 411 "));
  auto bare = answer("POST /bare HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(std::get<SerializedResponse>(bare).bytes.starts_with("HTTP/1.1 200 "));
  CHECK_FALSE(std::get<SerializedResponse>(bare).keep_alive);
}

TEST_CASE_FIXTURE(LibraryFixture, "a connection goes on as its request asks") {
  const auto kept = [&](std::string_view head) { return std::get<SerializedResponse>(answer(head)).keep_alive; };
  CHECK(kept("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  CHECK_FALSE(kept("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  CHECK_FALSE(kept("GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n"));
  CHECK(has(bytes("GET /hello HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"),
            "\r\nConnection: keep-alive\r\n"));
  CHECK(has(bytes("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "\r\nConnection: close\r\n"));
}

TEST_CASE_FIXTURE(LibraryFixture, "the gate stands before every route, also before those that do not exist") {
  for (const char* path : {"/hello", "/nowhere", "/waits"}) {
    const auto reply = bytes("GET " + std::string(path) + " HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    CHECK(reply.starts_with("HTTP/1.1 403 "));
    CHECK(has(reply, "bad-host"));
  }
}
