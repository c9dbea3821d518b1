#include "server/http/message/response.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace plenum;
using namespace plenum::http;

TEST_CASE("no value opens a second header or a second response") {
  Response reply(200, "text/plain", "body");
  reply.header("X-Good", "fine");
  reply.header("X-Split", "a\r\nSet-Cookie: x=1");
  reply.header("X-Line", "a\nb");
  reply.header("X-Nul", std::string_view("a\0b", 3));
  reply.header("X-Bad\r\nX-Name", "a");
  reply.header("", "a");
  const auto bytes = serialize(reply, {.keep_alive = true});
  CHECK(bytes == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Good: fine\r\nContent-Length: 4\r\n\r\nbody");
}

TEST_CASE("a header that is set twice is sent once, with the last value") {
  Response reply(204);
  reply.header("X-A", "1").header("x-a", "2");
  CHECK(serialize(reply, {.keep_alive = true}) == "HTTP/1.1 204 No Content\r\nX-A: 2\r\n\r\n");
}

TEST_CASE("an answer says how its connection goes on") {
  const Response reply(200, "text/plain", "x");
  const auto has = [](const std::string& bytes, const char* line) { return bytes.find(line) != std::string::npos; };
  CHECK(has(serialize(reply, {}), "\r\nConnection: close\r\n"));
  CHECK_FALSE(has(serialize(reply, {.keep_alive = true}), "Connection"));
  CHECK(has(serialize(reply, {.keep_alive = true, .http_1_0 = true}), "\r\nConnection: keep-alive\r\n"));
  CHECK(has(serialize(Response(200).closing(), {.keep_alive = true}), "\r\nConnection: close\r\n"));
}

TEST_CASE("an answer to HEAD has the length of the body that it leaves out") {
  const auto bytes = serialize(Response(200, "text/plain", "12345"), {.head_only = true, .keep_alive = true});
  CHECK(bytes.ends_with("Content-Length: 5\r\n\r\n"));
}

TEST_CASE("a problem document names cause, remedy, request and every fault") {
  auto reply = problem(Error{ErrorCode::validation_failed, "Two things are wrong.", "Mend them."},
                       {.stream_id = "s1", .faults = {{"/task", "is missing"}, {"/x", "is unknown"}}});
  add_common_headers(reply, "req-1", redaction::Scrubber());
  CHECK(reply.status() == 422);
  CHECK(reply.content_type() == "application/problem+json");
  CHECK(reply.header_value("x-request-id") == "req-1");
  CHECK(reply.header_value("Cache-Control") == "no-store");
  CHECK(reply.header_value("X-Content-Type-Options") == "nosniff");
  const auto body = parse_json(reply.body());
  REQUIRE(body);
  CHECK((*body)["type"] == "urn:plenum:problem:validation-failed");
  CHECK((*body)["title"] == "Validation failed");
  CHECK((*body)["status"] == 422);
  CHECK((*body)["code"] == "validation-failed");
  CHECK((*body)["detail"] == "Two things are wrong.");
  CHECK((*body)["remedy"] == "Mend them.");
  CHECK((*body)["request_id"] == "req-1");
  CHECK((*body)["stream_id"] == "s1");
  CHECK((*body)["errors"].size() == 2);
  CHECK((*body)["errors"][1]["pointer"] == "/x");
}

TEST_CASE("who is told to come back is told when, in whole seconds rounded up") {
  const auto reply = problem(Error{ErrorCode::busy, "Full.", "", milliseconds(1200)});
  CHECK(reply.status() == 503);
  CHECK(reply.header_value("Retry-After") == "2");
  CHECK((*parse_json(reply.body()))["retry_after_ms"] == 1200);
  CHECK(problem(Error{ErrorCode::busy, "Full."}).header_value("Retry-After") == "1");
  const auto limited = problem(Error{ErrorCode::too_many_connections, "Too many."});
  CHECK(limited.status() == 429);
  CHECK(limited.header_value("Retry-After") == "1");
  CHECK(problem(Error{ErrorCode::not_found, "No."}).header_value("Retry-After").empty());
}

TEST_CASE("no reply holds a key: not in its body, its headers or its request id") {
  const redaction::Scrubber scrubber({"key-7Q2mZ9xW"});
  auto reply = problem(Error{ErrorCode::validation_failed, "There is no workflow key-7Q2mZ9xW."});
  reply.header("Location", "/a/key-7Q2mZ9xW");
  add_common_headers(reply, "id-key-7Q2mZ9xW", scrubber);
  const auto bytes = serialize(reply, {});
  CHECK(bytes.find("7Q2m") == bytes.npos);
  CHECK(reply.header_value("Location") == "/a/[REDACTED]");
  CHECK(reply.header_value("X-Request-Id") == "id-[REDACTED]");
  CHECK(bytes.find("Content-Length: " + std::to_string(reply.body().size())) != bytes.npos);
  CHECK(parse_json(reply.body()).value()["detail"] == "There is no workflow [REDACTED].");
}
