#include "server/storage/memory/cache.h"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.h"

namespace plenum::storage {

namespace {

struct CacheFixture {
  tests::ManualClock clock;
  MemoryCache cache{clock, {.bytes_max = 10'000, .ttl = seconds(60)}};
};

std::string answer(char letter) { return std::string(3000, letter); }

}  // namespace

TEST_CASE_FIXTURE(CacheFixture, "a stored value is found, and another value for the key replaces it") {
  CHECK_FALSE(cache.find("a"));
  cache.put("a", "one");
  cache.put("a", "two");
  CHECK(cache.find("a") == "two");
  cache.put("b", "three");
  CHECK(cache.find("a") == "two");
}

TEST_CASE_FIXTURE(CacheFixture, "the least recently used value is evicted, and the size bound holds") {
  cache.put("a", answer('a'));
  cache.put("b", answer('b'));
  cache.put("c", answer('c'));
  CHECK(cache.find("a"));  // now b is the least recently used
  cache.put("d", answer('d'));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("a"));
  CHECK(cache.find("c"));
  CHECK(cache.find("d"));
  CHECK(cache.bytes_held() <= 10'000);
}

TEST_CASE_FIXTURE(CacheFixture,
                  "a value larger than the cache is not stored and evicts only the earlier value of its key") {
  cache.put("a", "small");
  cache.put("b", "small");
  cache.put("a", std::string(20'000, 'x'));
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.find("b"));
}

TEST_CASE_FIXTURE(CacheFixture, "a value expires, however often it is read") {
  cache.put("a", "one");
  clock.advance(seconds(59));
  CHECK(cache.find("a"));
  clock.advance(seconds(1));
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.bytes_held() == 0);
}

}  // namespace plenum::storage
