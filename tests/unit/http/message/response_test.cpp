#include "server/http/message/response.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/base/clock.h"

using namespace plenum;
using namespace plenum::http;

TEST_CASE("no value can start a second header or a second response") {
  Response response(200, "text/plain", "body");
  response.header("X-Good", "fine");
  response.header("X-Split", "a\r\nSet-Cookie: x=1");
  response.header("X-Line", "a\nb");
  response.header("X-Nul", std::string_view("a\0b", 3));
  response.header("X-Bad\r\nX-Name", "a");
  response.header("", "a");
  const auto bytes = serialize(response, {.keep_alive = true});
  CHECK(bytes == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Good: fine\r\nContent-Length: 4\r\n\r\nbody");
}

TEST_CASE("a header that is set twice is sent once, with the last value") {
  Response response(204);
  response.header("X-A", "1").header("x-a", "2");
  CHECK(serialize(response, {.keep_alive = true}) == "HTTP/1.1 204 No Content\r\nX-A: 2\r\n\r\n");
}

TEST_CASE("the request headers that a response varies by are joined, each once") {
  Response response(204);
  response.header("Vary", "Accept").header("vary", "Origin").header("Vary", "accept");
  CHECK(serialize(response, {.keep_alive = true}) == "HTTP/1.1 204 No Content\r\nVary: Accept, Origin\r\n\r\n");
}

TEST_CASE("a response states whether its connection stays open") {
  const Response response(200, "text/plain", "x");
  const auto has = [](const std::string& bytes, const char* line) { return bytes.find(line) != std::string::npos; };
  CHECK(has(serialize(response, {}), "\r\nConnection: close\r\n"));
  CHECK_FALSE(has(serialize(response, {.keep_alive = true}), "Connection"));
  CHECK(has(serialize(response, {.keep_alive = true, .http_1_0 = true}), "\r\nConnection: keep-alive\r\n"));
  CHECK(has(serialize(Response(200).closing(), {.keep_alive = true}), "\r\nConnection: close\r\n"));
}

TEST_CASE("a response to HEAD has the length of the omitted body") {
  const auto bytes = serialize(Response(200, "text/plain", "12345"), {.head_only = true, .keep_alive = true});
  CHECK(bytes.ends_with("Content-Length: 5\r\n\r\n"));
}

TEST_CASE("a problem document has cause, remedy, request id and every fault") {
  auto response = problem(Error{ErrorCode::validation_failed, "Two things are wrong.", "Fix them."},
                          {.stream_id = "s1", .faults = {{"/task", "is missing"}, {"/x", "is unknown"}}});
  add_common_headers(response, "req-1", redaction::Scrubber());
  CHECK(response.status() == 422);
  CHECK(response.content_type() == "application/problem+json");
  CHECK(response.header_value("x-request-id") == "req-1");
  CHECK(response.header_value("Cache-Control") == "no-store");
  CHECK(response.header_value("X-Content-Type-Options") == "nosniff");
  const auto body = parse_json(response.body());
  REQUIRE(body);
  CHECK((*body)["type"] == "urn:plenum:problem:validation-failed");
  CHECK((*body)["title"] == "Validation failed");
  CHECK((*body)["status"] == 422);
  CHECK((*body)["code"] == "validation-failed");
  CHECK((*body)["detail"] == "Two things are wrong.");
  CHECK((*body)["remedy"] == "Fix them.");
  CHECK((*body)["request_id"] == "req-1");
  CHECK((*body)["stream_id"] == "s1");
  CHECK((*body)["errors"].size() == 2);
  CHECK((*body)["errors"][1]["pointer"] == "/x");
}

TEST_CASE("an error that passes with time has Retry-After, in seconds rounded up, whatever its status") {
  const auto response = problem(Error{ErrorCode::busy, "Full.", "", milliseconds(1200)});
  CHECK(response.status() == 503);
  CHECK(response.header_value("Retry-After") == "2");
  CHECK((*parse_json(response.body()))["retry_after_ms"] == 1200);
  CHECK(problem(Error{ErrorCode::busy, "Full."}).header_value("Retry-After") == "1");
  const auto limited = problem(Error{ErrorCode::too_many_connections, "Too many."});
  CHECK(limited.status() == 429);
  CHECK(limited.header_value("Retry-After") == "1");
  const auto full = problem(Error{ErrorCode::store_full, "The disk is full."});
  CHECK(full.status() == 507);
  CHECK(full.header_value("Retry-After") == "1");
  for (std::size_t code = 0; code <= static_cast<std::size_t>(ErrorCode::frame_too_large); ++code) {
    const Error error{static_cast<ErrorCode>(code), "It failed."};
    const bool later = row_of(error.code).retry == Retry::later;
    CHECK(problem(error).header_value("Retry-After").empty() != later);
    CHECK(parse_json(problem(error).body())->contains("retry_after_ms") == later);
  }
}

TEST_CASE("no response has a key in its body, its headers or its request id") {
  const redaction::Scrubber scrubber({"key-7Q2mZ9xW"});
  auto response = problem(Error{ErrorCode::validation_failed, "There is no workflow key-7Q2mZ9xW."});
  response.header("Location", "/a/key-7Q2mZ9xW");
  add_common_headers(response, "id-key-7Q2mZ9xW", scrubber);
  const auto bytes = serialize(response, {});
  CHECK(bytes.find("7Q2m") == bytes.npos);
  CHECK(response.header_value("Location") == "/a/[REDACTED]");
  CHECK(response.header_value("X-Request-Id") == "id-[REDACTED]");
  CHECK(bytes.find("Content-Length: " + std::to_string(response.body().size())) != bytes.npos);
  CHECK(parse_json(response.body()).value()["detail"] == "There is no workflow [REDACTED].");
}
