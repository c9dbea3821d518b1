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
  Response response(200, "text/plain", request.body + "|" + std::string(id) + "|" + request.head.query);
  response.header("X-Echo", request.head.header("last-event-id"));
  return response;
}
HandlerResult nothing(const HandlerContext&, const Request&, std::string_view) { return Response(204); }
HandlerResult waits(const HandlerContext&, const Request&, std::string_view) {
  DeferredResponse deferred;
  deferred.render = []() -> Response { throw std::runtime_error("later"); };
  return deferred;
}

constexpr Route routes[] = {
    {Method::get, RouteKind::read, "/hello", PathTail::none, false, &hello},
    {Method::get, RouteKind::read, "/throws", PathTail::none, false, &throws},
    {Method::get, RouteKind::read, "/int", PathTail::none, false, &throws_int},
    {Method::post, RouteKind::change, "/echo/", PathTail::id, true, &echoes},
    {Method::post, RouteKind::change, "/bare", PathTail::none, false, &hello},
    {Method::get, RouteKind::read, "/nothing", PathTail::none, false, &nothing},
    {Method::get, RouteKind::read, "/waits", PathTail::none, false, &waits},
};

struct AdapterFixture : HandlerFixture {
  ServeResult serve(std::string_view head, std::string body = {}) {
    auto parsed = scan_and_parse(head, {});
    REQUIRE(std::holds_alternative<RequestHead>(parsed));
    Request request{std::get<RequestHead>(std::move(parsed)), std::move(body), true};
    request.keep_alive = request.head.keep_alive;
    return adapter.serve(request);
  }
  std::string bytes(std::string_view head, std::string body = {}) {
    auto given = serve(head, std::move(body));
    REQUIRE(std::holds_alternative<SerializedResponse>(given));
    return std::get<SerializedResponse>(given).bytes;
  }
  OriginPolicy policy{OriginPolicyOptions{}};
  Router router{context, policy, routes};
  HttplibAdapter adapter{router};
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(AdapterFixture, "a handler that throws yields a 500 problem without the text of the exception") {
  for (const char* path : {"/throws", "/int"}) {
    const auto response =
        bytes("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r7\r\n\r\n");
    CHECK(response.starts_with("HTTP/1.1 500 "));
    CHECK(has(response, "application/problem+json"));
    CHECK(has(response, "\"code\":\"internal\""));
    CHECK(has(response, "\"request_id\":\"r7\""));
    CHECK_FALSE(has(response, "sk-123"));
    CHECK_FALSE(has(response, "EXCEPTION_WHAT"));
  }
  CHECK(has(bytes("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), "\r\n\r\nhello"));
}

TEST_CASE_FIXTURE(AdapterFixture, "a deferred response that throws is a 500 problem as well") {
  auto given = serve("GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(std::holds_alternative<DeferredResponse>(given));
  CHECK(std::get<DeferredResponse>(given).finish(false).status() == 500);
  CHECK(std::get<DeferredResponse>(given).finish(true).status() == 410);
}

TEST_CASE_FIXTURE(AdapterFixture, "every response has its request id, nosniff and no-store") {
  for (const char* path : {"/hello", "/nowhere", "/nothing", "/throws"}) {
    CAPTURE(path);
    const auto response =
        bytes("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r7\r\n\r\n");
    CHECK(has(response, "\r\nX-Request-Id: r7\r\n"));
    CHECK(has(response, "\r\nX-Content-Type-Options: nosniff\r\n"));
    CHECK(has(response, "\r\nCache-Control: no-store\r\n"));
    CHECK_FALSE(has(response, "Keep-Alive:"));
    CHECK_FALSE(has(response, "Accept-Ranges"));
  }
}

TEST_CASE_FIXTURE(AdapterFixture,
                  "handlers receive body, id, query and headers as sent, not as the library decodes them") {
  const auto response = bytes(
      "POST /echo/a%20b?x=%41?y HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Last-Event-ID: a%20b\r\nContent-Length: 3\r\n\r\n",
      "{ }");
  CHECK(has(response, "\r\n\r\n{ }|a%20b|x=%41?y"));
  CHECK(has(response, "\r\nX-Echo: a%20b\r\n"));
}

TEST_CASE_FIXTURE(AdapterFixture, "a path responds to its methods, and to others with Allow") {
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

TEST_CASE_FIXTURE(AdapterFixture,
                  "a POST without a length is rejected where a body is required, and closes the connection") {
  CHECK(bytes("POST /echo/x HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 411 "));
  auto bare = serve("POST /bare HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(std::get<SerializedResponse>(bare).bytes.starts_with("HTTP/1.1 200 "));
  CHECK_FALSE(std::get<SerializedResponse>(bare).keep_alive);
}

TEST_CASE_FIXTURE(AdapterFixture, "a connection stays open as its request specifies") {
  const auto keep_alive = [&](std::string_view head) { return std::get<SerializedResponse>(serve(head)).keep_alive; };
  CHECK(keep_alive("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  CHECK_FALSE(keep_alive("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  CHECK_FALSE(keep_alive("GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n"));
  CHECK(has(bytes("GET /hello HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"),
            "\r\nConnection: keep-alive\r\n"));
  CHECK(has(bytes("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "\r\nConnection: close\r\n"));
}

TEST_CASE_FIXTURE(AdapterFixture, "the origin policy applies to every path, including unknown ones") {
  for (const char* path : {"/hello", "/nowhere", "/waits"}) {
    const auto response = bytes("GET " + std::string(path) + " HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    CHECK(response.starts_with("HTTP/1.1 403 "));
    CHECK(has(response, "bad-host"));
  }
}
