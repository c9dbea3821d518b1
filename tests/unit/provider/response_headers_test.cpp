#include <doctest/doctest.h>

#include <initializer_list>
#include <string_view>

#include "server/provider/transport/response_headers.h"

using namespace plenum;
using namespace plenum::provider;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

HeadReader read(std::initializer_list<std::string_view> lines) {
  WallTime now{};
  REQUIRE(parse_rfc3339("2026-11-21T12:00:00.000Z", now));
  HeadReader reader;
  for (const auto line : lines) reader.take_line(line, now);
  return reader;
}

auto wait_of(std::string_view line) { return read({"HTTP/1.1 429 Slow\r\n", line}).head().retry_after; }

}  // namespace

TEST_CASE("status and type are read whatever the case, and parameters are left out") {
  const auto reader = read({"HTTP/1.1 200 OK\r\n", "CONTENT-type:  Text/Event-Stream; charset=utf-8\r\n", "\r\n"});
  CHECK(reader.whole());
  CHECK(reader.head().status == 200);
  CHECK(reader.head().content_type == "text/event-stream");
}

TEST_CASE("an encoding is known whatever its case, and none is none") {
  CHECK(read({"HTTP/1.1 200 OK\r\n", "Content-ENCODING:  GZip \r\n", "\r\n"}).head().content_encoding == "gzip");
  CHECK(read({"HTTP/1.1 200 OK\r\n", "\r\n"}).head().content_encoding.empty());
}

TEST_CASE("an interim answer is not the answer, and trailers do not change it") {
  const auto reader = read({"HTTP/1.1 103 Early\r\n", "Retry-After: 9\r\n", "\r\n", "HTTP/1.1 503\r\n", "X: y\r\n",
                            "\r\n", "Retry-After: 5\r\n"});
  CHECK(reader.whole());
  CHECK(reader.head().status == 503);
  CHECK_FALSE(reader.head().retry_after.has_value());
  CHECK_FALSE(read({"HTTP/1.1 100 Continue\r\n", "\r\n"}).whole());
  CHECK_FALSE(read({"HTTP/1.1 two\r\n", "\r\n"}).whole());
}

TEST_CASE("a wait comes in milliseconds, seconds or as a date, at least nothing and at most a day") {
  CHECK(wait_of("retry-after-ms: 250\r\n") == milliseconds(250));
  CHECK(wait_of("Retry-After: 3\r\n") == seconds(3));
  CHECK(wait_of("Retry-After: Sat, 21 Nov 2026 12:01:30 GMT\r\n") == seconds(90));
  CHECK(wait_of("Retry-After: Sat, 21 Nov 2026 11:00:00 GMT\r\n") == seconds(0));
  CHECK(wait_of("Retry-After: Sat, 21 Nov 2099 11:00:00 GMT\r\n") == std::chrono::hours(24));
  // Later than what nanoseconds since 1970 can count.
  CHECK(wait_of("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n") == std::chrono::hours(24));
  CHECK(wait_of("Retry-After: 99999999999999999999999\r\n") == std::chrono::hours(24));
  for (const auto* none : {"Retry-After: soon\r\n", "Retry-After: -1\r\n", "Retry-After: 1.5\r\n", "Retry-After:\r\n",
                           "Retry-After: Sat, 21 Nov 2026 12:01:30 GMT+1\r\n", "Retry-After\r\n"}) {
    CAPTURE(none);
    CHECK_FALSE(wait_of(none).has_value());
  }
  CHECK(read({"HTTP/1.1 429\r\n", "Retry-After: 9\r\n", "retry-after-ms: 8500\r\n"}).head().retry_after ==
        milliseconds(8500));
}
