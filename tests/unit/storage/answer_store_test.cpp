// The answer cache over the SQLite store: what a new process finds of it.
#include <future>

#include "server/storage/memory/cache.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/storage/store_fixture.h"

using namespace plenum;
using namespace plenum::storage;
using plenum::tests::StoreFixture;

namespace {

struct AnswerFixture : StoreFixture {
  AnswerFixture() { start(); }

  void start(MemoryCacheOptions given = {}) {
    cache = std::make_unique<MemoryCache>(cache_clock, given, store->answers());
  }
  // A new process, after `time`.
  void restart(milliseconds time = milliseconds(0), MemoryCacheOptions given = {}) {
    cache.reset();
    reopen();
    cache_clock.advance(time);
    start(given);
  }
  // Changes the file while it is closed.
  void change(const char* sql) {
    cache.reset();
    store.reset();
    SqliteConnection(path(), SqliteConnection::Mode::write).execute(sql);
    open();
    start();
  }
  std::int64_t rows(const char* table) {
    const std::string sql = std::string("SELECT count(*) FROM ") + table;
    return SqliteConnection(path(), SqliteConnection::Mode::read_only).integer(sql.c_str());
  }
  // Accepted, and its answer is cached.
  StreamId answered(const std::string& key, std::string bytes = "an answer",
                    std::optional<core::TaskVector> vector = std::nullopt) {
    const StreamId id = accepted(key).id;
    cache->put(key, std::move(bytes), id, std::move(vector));
    return id;
  }
  std::string text_of(const std::string& key) {
    const auto found = cache->find(key);
    return found ? found->bytes : "";
  }
  // Everything written before is committed.
  void commit() { REQUIRE(store->request_cancel(StreamId::random())); }
  void remove(const StreamId& id, core::Removal removal = core::Removal::explicit_) {
    REQUIRE(store->remove({id}, clock.wall() + seconds(3600), removal));
  }

  tests::ManualClock cache_clock;
  std::unique_ptr<MemoryCache> cache;
};

core::TaskVector vector(std::string text, std::string model = "p/m") {
  return {"conditions", std::move(text), std::move(model), {0.6F, 0.8F}};
}

MemoryCacheOptions with_vectors() { return {.embedding_model = "p/m"}; }

core::SimilarTasks similar(core::AnswerCache& cache) {
  std::promise<core::SimilarTasks> promise;
  auto found = promise.get_future();
  cache.find_similar(vector("t"), [&](core::SimilarTasks tasks) { promise.set_value(std::move(tasks)); });
  return found.get();
}

}  // namespace

TEST_CASE_FIXTURE(AnswerFixture, "a cached answer is found after a restart, with its stream and all that share it") {
  const StreamId origin = answered("a", std::string("an \0 answer", 11));
  const StreamId second = accepted("second").id;
  REQUIRE(cache->share("a", second));
  restart();
  REQUIRE(cache->find("a"));
  CHECK(cache->find("a")->bytes == std::string("an \0 answer", 11));
  CHECK(cache->find("a")->stream == origin);
  CHECK(cache->find(second)->stream == origin);
  cache->remove(second);
  CHECK_FALSE(cache->find("a"));
  restart();
  CHECK_FALSE(cache->find("a"));
}

TEST_CASE_FIXTURE(AnswerFixture,
                  "an answer that was cached before the end of its task survives a kill after that end") {
  const StreamId id = accepted("a task").id;
  cache->put("a", "an answer", id);
  record(id, 1, {"the end"}, true, ending());
  const auto killed = after_kill();
  MemoryCache found(cache_clock, {}, killed->answers());
  CHECK(found.find("a"));
}

TEST_CASE_FIXTURE(AnswerFixture, "the age of an answer counts across restarts") {
  answered("a");
  restart(std::chrono::hours(23));
  CHECK(cache->find("a"));
  restart(std::chrono::hours(1));
  CHECK_FALSE(cache->find("a"));
  commit();
  CHECK(rows("answers") == 0);
  CHECK(rows("answer_owners") == 0);
}

TEST_CASE_FIXTURE(AnswerFixture, "a smaller limit keeps the most recently used answers, and deletes the others") {
  for (const char* key : {"a", "b", "c"}) {
    answered(key, std::string(3'000, key[0]));
    cache_clock.advance(seconds(1));
  }
  REQUIRE(cache->share("a", accepted("second").id));
  restart(seconds(1), {.bytes_max = 7'500});
  CHECK(cache->find("a"));
  CHECK_FALSE(cache->find("b"));
  CHECK(cache->find("c"));
  commit();
  CHECK(rows("answers") == 2);
}

TEST_CASE_FIXTURE(AnswerFixture, "an answer that is evicted or replaced in memory is so in the file") {
  cache = std::make_unique<MemoryCache>(cache_clock, MemoryCacheOptions{.bytes_max = 7'500}, store->answers());
  answered("a", std::string(3'000, 'a'));
  answered("b", std::string(3'000, 'b'));
  answered("c", std::string(3'000, 'c'));
  answered("c", "another");
  commit();
  CHECK(rows("answers") == 2);
  restart();
  CHECK_FALSE(cache->find("a"));
  CHECK(text_of("c") == "another");
}

TEST_CASE_FIXTURE(AnswerFixture, "deleting a task deletes its cached answer in the same transaction") {
  const StreamId origin = answered("a", "forget 4711"), second = accepted("second").id;
  answered("b");
  REQUIRE(cache->share("a", second));
  SUBCASE("the task that produced it") { remove(origin); }
  SUBCASE("a task that was answered from it") { remove(second); }
  const auto killed = after_kill();  // before the cache in memory was changed
  MemoryCache found(cache_clock, {}, killed->answers());
  CHECK_FALSE(found.find("a"));
  CHECK(found.find("b"));
}

TEST_CASE_FIXTURE(AnswerFixture, "a cached answer outlives the retention of its task") {
  const StreamId origin = answered("a");
  record(origin, 1, {"x"}, true, ending());
  remove(origin, core::Removal::by_age);
  restart();
  CHECK(cache->find("a"));
}

TEST_CASE_FIXTURE(AnswerFixture, "a damaged row, and one of another format, are misses and are deleted") {
  answered("a");
  answered("b");
  commit();
  SUBCASE("answer") { change("UPDATE answers SET bytes = x'00' WHERE key = 'a'"); }
  SUBCASE("key") { change("UPDATE answers SET key = 'x' WHERE key = 'a'"); }
  SUBCASE("time") { change("UPDATE answers SET put_at = put_at + 1 WHERE key = 'a'"); }
  SUBCASE("embedding") { change("UPDATE answers SET vector = x'0000803f' WHERE key = 'a'"); }
  SUBCASE("stream") { change("UPDATE answers SET stream = x'00' WHERE key = 'a'"); }
  SUBCASE("format") { change("UPDATE answers SET format = 99 WHERE key = 'a'"); }
  CHECK_FALSE(cache->find("a"));
  CHECK_FALSE(cache->find("x"));
  CHECK(cache->find("b"));
  commit();
  CHECK(rows("answers") == 1);
}

TEST_CASE_FIXTURE(AnswerFixture, "embeddings survive a restart, and are compared only with those of the same model") {
  cache = std::make_unique<MemoryCache>(cache_clock, with_vectors(), store->answers());
  answered("a", "an answer", vector("the task"));
  restart(seconds(1), with_vectors());
  REQUIRE(similar(*cache).size() == 1);
  CHECK(similar(*cache)[0].text == "the task");
  CHECK(similar(*cache)[0].similarity > 0.999);
  restart(seconds(1), {.embedding_model = "p/another"});
  CHECK(similar(*cache).empty());
  CHECK(cache->find("a"));
}

TEST_CASE_FIXTURE(AnswerFixture, "a cache that is turned off deletes what it had stored") {
  answered("a");
  commit();
  cache.reset();
  store->answers()->load_answers([](const core::StoredAnswer&) { return false; });
  commit();
  CHECK(rows("answers") == 0);
}

TEST_CASE_FIXTURE(AnswerFixture, "a file of the layout before the answer cache gets its tables, and keeps its data") {
  const auto ended = accepted("an old task");
  record(ended.id, 1, {"a", "b"}, true, ending("an old answer"));
  change("DROP TABLE answers; DROP TABLE answer_owners; PRAGMA user_version = 5");
  CHECK(store->load(ended.id));
  answered("a");
  restart();
  CHECK(cache->find("a"));
}

TEST_CASE("cached answers do not count toward the quota of tasks") {
  StoreFixture world;
  world.options.bytes_max = 300'000;
  world.reopen();
  const SystemClock clock;
  MemoryCache cache(clock, {}, world.store->answers());
  const auto task = world.accepted();
  world.record(task.id, 1, {"x"}, true, world.ending());
  for (int i = 0; i < 20; ++i) {
    cache.put("key " + std::to_string(i), std::string(50'000, 'x'), StreamId::random());
  }
  REQUIRE(world.store->request_cancel(StreamId::random()));
  CHECK(world.store->over_quota(10)->empty());
}
