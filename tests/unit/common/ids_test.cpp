#include "common/base/ids.h"

#include <doctest/doctest.h>

#include <set>
#include <unordered_set>

using namespace plenum;

TEST_CASE("a random stream id is a UUID of version 4 and parses to itself") {
  for (int i = 0; i < 1000; ++i) {
    const StreamId id = StreamId::random();
    const std::string text = id.str();
    REQUIRE(text.size() == 36);
    CHECK(text[14] == '4');
    CHECK(std::string_view("89ab").find(text[19]) != std::string_view::npos);
    CHECK(StreamId::parse(text) == id);
  }
}

TEST_CASE("random stream ids differ, and so do their hashes") {
  std::set<StreamId> ids;
  std::unordered_set<std::size_t> hashes;
  for (int i = 0; i < 10'000; ++i) {
    const StreamId id = StreamId::random();
    ids.insert(id);
    hashes.insert(std::hash<StreamId>{}(id));
  }
  CHECK(ids.size() == 10'000);
  CHECK(hashes.size() == 10'000);
}

TEST_CASE("a stream id is parsed in either case and written in lower case") {
  const auto id = StreamId::parse("0B5E8C1A-93d4-4F6E-a7B2-00FF10203040");
  REQUIRE(id);
  CHECK(id->str() == "0b5e8c1a-93d4-4f6e-a7b2-00ff10203040");
}

TEST_CASE("any text but a UUID is no stream id") {
  for (const char* text : {"", "0b5e8c1a", "0b5e8c1a-93d4-4f6e-a7b2-00ff1020304",
                           "0b5e8c1a-93d4-4f6e-a7b2-00ff102030401", "0b5e8c1a_93d4_4f6e_a7b2_00ff10203040",
                           "0b5e8c1a93d4-4f6e-a7b2-00ff-10203040", "0b5e8c1g-93d4-4f6e-a7b2-00ff10203040",
                           "{b5e8c1a-93d4-4f6e-a7b2-00ff1020304}", " b5e8c1a-93d4-4f6e-a7b2-00ff10203040",
                           "0b5e8c1a-93d4-4f6e-a7b2-00ff1020304\n", "0b5e8c1a-93d4-4f6e-a7b2-+0ff10203040"}) {
    CAPTURE(text);
    CHECK_FALSE(StreamId::parse(text));
  }
}

TEST_CASE("an event id parses to itself") {
  for (const EventId& id : {EventId{"k3", 0}, EventId{"0", 1}, EventId{"abcdefgh1234", 9'999'999'999'999'999'999u},
                            EventId{"abcdefgh123", 18'446'744'073'709'551'615u}}) {
    CAPTURE(id.str());
    CHECK(EventId::parse(id.str()) == id);
  }
}

TEST_CASE("any other text is no event id") {
  for (const char* text : {"",
                           "-",
                           "ab",
                           "ab-",
                           "-1",
                           "ab-01",
                           "ab-00",
                           "ab--1",
                           "ab-+1",
                           "ab- 1",
                           "ab-1 ",
                           " ab-1",
                           "Ab-1",
                           "ab-1x",
                           "a.b-1",
                           "ab-0x1",
                           "ab-1-2",
                           "abcdefgh12345-1",
                           "ab-18446744073709551616",
                           "ab-99999999999999999999",
                           "ab-100000000000000000000",
                           "abcdefgh1234-18446744073709551615",
                           "ab\xC3\xA9-1",
                           "ab-1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(EventId::parse(text));
  }
  CHECK_FALSE(EventId::parse(std::string_view("ab-1\0", 5)));
}

TEST_CASE("a parsed event id is written unchanged") {
  // Otherwise one event would have two ids, and a client that drops duplicates would fail.
  for (int i = 0; i < 100'000; ++i) {
    const EventId id{random_epoch(), static_cast<std::uint64_t>(i) * 184'467'440'737'095};
    const auto back = EventId::parse(id.str());
    REQUIRE(back);
    REQUIRE(back->str() == id.str());
  }
}

TEST_CASE("an epoch has eight characters that need no CORS preflight") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string epoch = random_epoch();
    CHECK(epoch.size() == 8);
    CHECK(epoch.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos);
    CHECK(EventId::parse(epoch + "-1"));
    seen.insert(epoch);
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("a random number reaches both ends of its range and no other value") {
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 2000; ++i) seen.insert(random_between(10, 13));
  CHECK(seen == std::set<std::uint32_t>{10, 11, 12, 13});
  CHECK(random_between(7, 7) == 7);
  random_between(0, 0xFFFFFFFF);  // the widest range
}

TEST_CASE("random hex has two digits per byte") {
  CHECK(random_hex(16).size() == 32);
  CHECK(random_hex(16).find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(random_hex(16) != random_hex(16));
  CHECK(random_hex(0).empty());
}
