#include "server/storage/memory/cache.h"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.h"

namespace plenum::storage {

namespace {

struct CacheFixture {
  StreamId put(const std::string& key, std::string bytes) {
    const StreamId stream = StreamId::random();
    cache.put(key, std::move(bytes), stream);
    return stream;
  }
  std::string text_of(const std::string& key) {
    const auto found = cache.find(key);
    return found ? found->bytes : "";
  }
  StreamId share(const std::string& key) {
    const StreamId stream = StreamId::random();
    CHECK(cache.share(key, stream));
    return stream;
  }

  tests::ManualClock clock;
  MemoryCache cache{clock, {.bytes_max = 11'000, .ttl = seconds(60), .streams_max = 3}};
};

std::string answer(char letter) { return std::string(3000, letter); }

}  // namespace

TEST_CASE_FIXTURE(CacheFixture, "a stored value is found, and another value for the key replaces it") {
  CHECK_FALSE(cache.find("a"));
  put("a", "one");
  put("a", "two");
  CHECK(text_of("a") == "two");
  put("b", "three");
  CHECK(text_of("a") == "two");
}

TEST_CASE_FIXTURE(CacheFixture, "the least recently used value is evicted, and the size bound holds") {
  put("a", answer('a'));
  put("b", answer('b'));
  put("c", answer('c'));
  CHECK(cache.find("a"));  // now b is the least recently used
  put("d", answer('d'));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("a"));
  CHECK(cache.find("c"));
  CHECK(cache.find("d"));
  CHECK(cache.bytes_held() <= 11'000);
}

TEST_CASE_FIXTURE(CacheFixture,
                  "a value larger than the cache is not stored and evicts only the earlier value of its key") {
  put("a", "small");
  put("b", "small");
  put("a", std::string(20'000, 'x'));
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.find("b"));
}

TEST_CASE_FIXTURE(CacheFixture, "a value expires, however often it is read") {
  put("a", "one");
  clock.advance(seconds(59));
  CHECK(cache.find("a"));
  clock.advance(seconds(1));
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.bytes_held() == 0);
}

TEST_CASE_FIXTURE(CacheFixture, "removing the stream that produced an answer removes its entry and no other") {
  const StreamId one = put("a", "one");
  put("b", "two");
  cache.remove(one);
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.find("b"));
  cache.remove(one);
  CHECK(cache.find("b"));
}

TEST_CASE_FIXTURE(CacheFixture, "removing a stream that was answered from an entry removes the entry for all") {
  const StreamId origin = put("a", "one");
  const StreamId second = share("a");
  cache.remove(second);
  CHECK_FALSE(cache.find("a"));
  CHECK_FALSE(cache.share("a", StreamId::random()));
  put("a", "again");
  cache.remove(origin);
  cache.remove(second);
  CHECK(text_of("a") == "again");
}

TEST_CASE_FIXTURE(CacheFixture, "an entry with as many streams as it may have is removed at the next use") {
  put("a", "one");
  share("a");
  share("a");
  CHECK_FALSE(cache.share("a", StreamId::random()));
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.bytes_held() == 0);
}

TEST_CASE_FIXTURE(CacheFixture, "an expired entry is not shared") {
  put("a", "one");
  clock.advance(seconds(60));
  CHECK_FALSE(cache.share("a", StreamId::random()));
}

TEST_CASE("the streams of an entry count toward the size bound") {
  const tests::ManualClock clock;
  MemoryCache cache(clock, {.bytes_max = 11'000});
  cache.put("a", answer('a'), StreamId::random());
  cache.put("b", answer('b'), StreamId::random());
  int shared = 0;
  while (cache.share("b", StreamId::random())) {
    REQUIRE(++shared < 1000);
    REQUIRE(cache.bytes_held() <= 11'000);
  }
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.bytes_held() == 0);
}

TEST_CASE_FIXTURE(CacheFixture,
                  "an answer names the stream that produced it, also to those that were answered from it") {
  const StreamId origin = put("a", "one");
  const StreamId second = share("a");
  CHECK(cache.find("a")->stream == origin);
  REQUIRE(cache.find(second));
  CHECK(cache.find(second)->stream == origin);
  CHECK(cache.find(second)->bytes == "one");
  CHECK_FALSE(cache.find(StreamId::random()));
}

}  // namespace plenum::storage
