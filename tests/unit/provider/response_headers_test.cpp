#include <doctest/doctest.h>

#include <initializer_list>
#include <string_view>

#include "server/provider/transport/response_headers.h"

using namespace plenum;
using namespace plenum::provider;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

ResponseHeaderParser parse(std::initializer_list<std::string_view> lines) {
  WallTime now{};
  REQUIRE(parse_rfc3339("2026-11-21T12:00:00.000Z", now));
  ResponseHeaderParser parser;
  for (const auto line : lines) parser.feed_line(line, now);
  return parser;
}

auto wait_of(std::string_view line) { return parse({"HTTP/1.1 429 Slow\r\n", line}).headers().retry_after; }

}  // namespace

TEST_CASE("status and content type are parsed case-insensitively, without parameters") {
  const auto parser = parse({"HTTP/1.1 200 OK\r\n", "CONTENT-type:  Text/Event-Stream; charset=utf-8\r\n", "\r\n"});
  CHECK(parser.complete());
  CHECK(parser.headers().status == 200);
  CHECK(parser.headers().content_type == "text/event-stream");
}

TEST_CASE("the encoding is case-insensitive, and empty if absent") {
  CHECK(parse({"HTTP/1.1 200 OK\r\n", "Content-ENCODING:  GZip \r\n", "\r\n"}).headers().content_encoding == "gzip");
  CHECK(parse({"HTTP/1.1 200 OK\r\n", "\r\n"}).headers().content_encoding.empty());
}

TEST_CASE("the request id is the first one, and none if it is long or not printable") {
  const auto id_of = [](std::string_view first, std::string_view second = "X: y\r\n") {
    return parse({"HTTP/1.1 200 OK\r\n", first, second, "\r\n"}).headers().request_id;
  };
  CHECK(id_of("X-Request-ID: req_7a\r\n") == "req_7a");
  CHECK(id_of("request-id: req_7b\r\n", "x-request-id: other\r\n") == "req_7b");
  CHECK(id_of("X-Request-Id: " + std::string(201, 'a') + "\r\n").empty());
  CHECK(id_of("X-Request-Id: a\x1b[2J\r\n").empty());
  CHECK(id_of("X-Request-Id: a b\r\n").empty());
  CHECK(id_of("X-Request: a\r\n").empty());
}

TEST_CASE("interim responses and trailers are ignored") {
  const auto parser = parse({"HTTP/1.1 103 Early\r\n", "Retry-After: 9\r\n", "\r\n", "HTTP/1.1 503\r\n", "X: y\r\n",
                             "\r\n", "Retry-After: 5\r\n"});
  CHECK(parser.complete());
  CHECK(parser.headers().status == 503);
  CHECK_FALSE(parser.headers().retry_after.has_value());
  CHECK_FALSE(parse({"HTTP/1.1 100 Continue\r\n", "\r\n"}).complete());
  CHECK_FALSE(parse({"HTTP/1.1 two\r\n", "\r\n"}).complete());
}

TEST_CASE("Retry-After is milliseconds, seconds or a date, from zero to a day") {
  CHECK(wait_of("retry-after-ms: 250\r\n") == milliseconds(250));
  CHECK(wait_of("Retry-After: 3\r\n") == seconds(3));
  CHECK(wait_of("Retry-After: Sat, 21 Nov 2026 12:01:30 GMT\r\n") == seconds(90));
  CHECK(wait_of("Retry-After: Sat, 21 Nov 2026 11:00:00 GMT\r\n") == seconds(0));
  CHECK(wait_of("Retry-After: Sat, 21 Nov 2099 11:00:00 GMT\r\n") == std::chrono::hours(24));
  // Beyond the range of nanoseconds since 1970.
  CHECK(wait_of("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n") == std::chrono::hours(24));
  CHECK(wait_of("Retry-After: 99999999999999999999999\r\n") == std::chrono::hours(24));
  for (const auto* none : {"Retry-After: soon\r\n", "Retry-After: -1\r\n", "Retry-After: 1.5\r\n", "Retry-After:\r\n",
                           "Retry-After: Sat, 21 Nov 2026 12:01:30 GMT+1\r\n", "Retry-After\r\n"}) {
    CAPTURE(none);
    CHECK_FALSE(wait_of(none).has_value());
  }
  CHECK(parse({"HTTP/1.1 429\r\n", "Retry-After: 9\r\n", "retry-after-ms: 8500\r\n"}).headers().retry_after ==
        milliseconds(8500));
}
