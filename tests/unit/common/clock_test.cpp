#include "common/base/clock.h"

#include <doctest/doctest.h>

using namespace plenum;

namespace {
WallTime at_ms(std::int64_t ms) { return WallTime(milliseconds(ms)); }
}  // namespace

TEST_CASE("a time is written in UTC with milliseconds and fixed width") {
  CHECK(rfc3339(at_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(at_ms(1'795'222'923'004)) == "2026-11-21T01:02:03.004Z");
  CHECK(rfc3339(at_ms(951'827'696'789)) == "2000-02-29T12:34:56.789Z");  // a leap day
  CHECK(rfc3339(at_ms(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339(at_ms(4'102'444'799'999)) == "2099-12-31T23:59:59.999Z");
}

TEST_CASE("a formatted time parses to the same time") {
  for (std::int64_t ms = -3'000'000'000'000; ms < 6'000'000'000'000; ms += 86'399'123'457 / 7) {
    WallTime back;
    REQUIRE(parse_rfc3339(rfc3339(at_ms(ms)), back));
    CHECK(back == at_ms(ms));
  }
}

TEST_CASE("every RFC 3339 form of UTC is parsed") {
  for (const char* text : {"1970-01-01T00:00:01Z", "1970-01-01t00:00:01z", "1970-01-01T00:00:01+00:00",
                           "1970-01-01T00:00:01.0Z", "1970-01-01T00:00:01.000999999Z"}) {
    CAPTURE(text);
    WallTime time;
    CHECK(parse_rfc3339(text, time));
    CHECK(time == at_ms(1000));
  }
  WallTime leap;
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z", leap));
  CHECK(rfc3339(leap) == "2017-01-01T00:00:00.000Z");
}

TEST_CASE("any other text is rejected") {
  for (const char* text :
       {"", "Z", "1970-01-01", "1970-01-01T00:00:01", "1970-01-01 00:00:01Z", "1970-01-01T00:00:01.Z",
        "1970-01-01T00:00:01+01:00", "1970-13-01T00:00:01Z", "2023-02-29T00:00:01Z", "1970-00-01T00:00:01Z",
        "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:-1Z",
        "197O-01-01T00:00:01Z", "1970-01-01T00:00:01ZZ"}) {
    CAPTURE(text);
    WallTime time;
    CHECK_FALSE(parse_rfc3339(text, time));
  }
}
