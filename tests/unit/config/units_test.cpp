#include "server/config/units.h"

#include <doctest/doctest.h>

using namespace plenum::config;

TEST_CASE("a duration is a number of milliseconds or has a unit") {
  CHECK(parse_quantity(Unit::duration, "250") == 250);
  CHECK(parse_quantity(Unit::duration, "250ms") == 250);
  CHECK(parse_quantity(Unit::duration, "15s") == 15'000);
  CHECK(parse_quantity(Unit::duration, "5m") == 300'000);
  CHECK(parse_quantity(Unit::duration, "2h") == 7'200'000);
  CHECK(parse_quantity(Unit::duration, "30d") == 2'592'000'000);
}

TEST_CASE("a size is a number of bytes or has a unit") {
  CHECK(parse_quantity(Unit::size, "4096") == 4096);
  CHECK(parse_quantity(Unit::size, "4096B") == 4096);
  CHECK(parse_quantity(Unit::size, "64KiB") == 65'536);
  CHECK(parse_quantity(Unit::size, "64MiB") == 67'108'864);
  CHECK(parse_quantity(Unit::size, "10GiB") == 10'737'418'240);
  CHECK(parse_quantity(Unit::size, "1TiB") == 1'099'511'627'776);
}

TEST_CASE("another unit, a fraction, a blank or an overflow is not a quantity") {
  for (const auto* text : {"", "s", "1.5s", "15 s", " 15s", "15S", "15x", "1e3", "9223372036854775807d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_quantity(Unit::duration, text));
  }
  CHECK_FALSE(parse_quantity(Unit::size, "15s"));
  CHECK_FALSE(parse_quantity(Unit::size, "64mib"));
  CHECK_FALSE(parse_quantity(Unit::count, "15s"));
}

TEST_CASE("a quantity is printed with the largest unit that divides it, and parses back") {
  CHECK(format_quantity(Unit::duration, 0) == "0");
  CHECK(format_quantity(Unit::duration, 90'000) == "90s");
  CHECK(format_quantity(Unit::duration, 86'400'000) == "1d");
  CHECK(format_quantity(Unit::size, 67'108'864) == "64MiB");
  CHECK(format_quantity(Unit::size, 1'000) == "1000B");
  CHECK(format_quantity(Unit::count, 65'536) == "65536");
  for (const std::int64_t value : {1, 999, 1'000, 1'024, 3'600'000, 86'400'001}) {
    for (const auto unit : {Unit::count, Unit::duration, Unit::size}) {
      CHECK(parse_quantity(unit, format_quantity(unit, value)) == value);
    }
  }
  CHECK(expected_quantity(Unit::duration, 10, 86'400'000) == "a duration from 10ms to 1d");
}

TEST_CASE("a ratio is a decimal number with at most four digits after the point") {
  CHECK(parse_quantity(Unit::ratio, "0.95") == 9'500);
  CHECK(parse_quantity(Unit::ratio, "1") == 10'000);
  CHECK(parse_quantity(Unit::ratio, "0.9999") == 9'999);
  for (const auto* text :
       {"", ".", "0.", ".5", "-0.5", "0.12345", "0,5", "95%", "0.-5", "1e1", "9223372036854775807"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_quantity(Unit::ratio, text));
  }
  for (const std::int64_t value : {0, 1, 5'000, 9'500, 9'999, 10'000}) {
    CHECK(parse_quantity(Unit::ratio, format_quantity(Unit::ratio, value)) == value);
  }
}
