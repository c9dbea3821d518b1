// Tasks that an earlier process left unfinished.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "server/storage/memory/cache.h"
#include "server/storage/memory/log.h"
#include "server/storage/sqlite/store.h"
#include "server/task/task_service.h"
#include "server/workflow/run/state/run_messages.h"
#include "tests/support/manual_clock.h"
#include "tests/support/process/temp_dir.h"
#include "tests/support/upstream/scripted_providers.h"
#include "tests/unit/task/one_provider.h"

using namespace plenum;
using namespace plenum::task;

namespace {

// One process of the server on the store's file; the next one finds what it left.
struct Life {
  Life(const Clock& clock, const std::string& path)
      : loops(clock, 1),
        store(std::move(
            storage::SqliteStore::open(loops, clock, {.path = path, .boot_id = "boot-1", .writer = {}}).value())),
        streams(
            loops, clock, [] { return std::make_unique<storage::MemoryLog>(); }, {}, store.get()),
        cache(std::make_shared<storage::MemoryCache>(clock, storage::MemoryCacheOptions{}, store->answers())),
        service(loops, streams, planner, {&providers}, {.cache = cache}) {}
  ~Life() { service.discard_runs(); }

  template <class F>
  bool until(F&& holds) {
    for (int i = 0; i < 5000 && !holds(); ++i) loops.at(0).run_once(milliseconds(2));
    return holds();
  }

  runtime::EventLoopGroup loops;
  std::unique_ptr<storage::SqliteStore> store;
  tests::OneProvider directory;
  workflow::CurrentCatalog catalog{std::make_shared<const workflow::Catalog>(workflow::Catalog::built_in().value())};
  workflow::TaskPlanner planner{catalog, directory};
  stream::StreamManager streams;
  tests::ScriptedProviders providers;
  std::shared_ptr<storage::MemoryCache> cache;
  TaskService service;
};

struct RecoveryFixture {
  // The id of a task that was running when its process ended.
  StreamId left_unfinished() {
    Life life(clock, path);
    TaskSpec spec;
    spec.task = "a task";
    spec.workflow = "single";
    spec.deadline = std::chrono::hours(24);
    const auto stream = life.service.start(life.service.prepare(std::move(spec)).value()).value();
    REQUIRE(life.until([&] { return life.providers.count() == 1 && stream->head() > 0; }));
    return stream->id();
  }

  tests::ManualClock clock;
  tests::TempDir dir;
  const std::string path = (dir.path() / "plenum.db").string();
};

}  // namespace

TEST_CASE_FIXTURE(RecoveryFixture,
                  "a task of the last day continues after a restart, an older one ends as interrupted") {
  for (const int hours : {23, 25}) {
    CAPTURE(hours);
    const StreamId id = left_unfinished();
    clock.advance(std::chrono::hours(hours));
    Life next(clock, path);
    REQUIRE(next.service.recover(OnRestart::resume));
    const auto stream = next.streams.find(id).value();
    REQUIRE(next.until([&] { return stream->finished() || next.providers.count() > 0; }));
    CHECK(next.providers.count() == (hours == 23 ? 1 : 0));
    CHECK(stream->finished() == (hours == 25));
    if (stream->finished()) CHECK(stream->status() == TaskStatus::interrupted);
    next.service.stop_all("the test is over");
    CHECK(next.until([&] { return stream->finished(); }));
  }
}

TEST_CASE_FIXTURE(RecoveryFixture, "a task that was being answered from the cache continues from it after a restart") {
  StreamId earlier, cut;
  bool earlier_is_deleted = false;
  SUBCASE("with its answer") {}
  SUBCASE("without, because the earlier task was deleted") { earlier_is_deleted = true; }
  {
    Life life(clock, path);
    TaskSpec spec;
    spec.task = "a task";
    spec.workflow = "single";
    const auto first = life.service.start(life.service.prepare(spec).value()).value();
    REQUIRE(life.until([&] { return life.providers.count() == 1; }));
    life.providers.call(0).answer("an answer");
    REQUIRE(life.until([&] { return first->finished(); }));
    earlier = first->id();
    // The process ends between the first events of the second task and the others.
    auto prepared = life.service.prepare(spec).value();
    REQUIRE_FALSE(prepared.assignment.cached_events.empty());
    const auto second = life.streams.open(std::move(prepared.info)).value();
    cut = second->id();
    REQUIRE(life.cache->share(prepared.assignment.cache_keys.exact, cut));
    REQUIRE(second->push({TaskStarted{spec.task, "single", {{"p/m", "m"}}, second->info().trace_id}, nullptr}));
    REQUIRE(second->push({workflow::cache_hit_message({}, {earlier.str(), 0.97}, "a similar task"), nullptr}));
    REQUIRE(life.until([&] { return second->head() == 2; }));
    if (earlier_is_deleted) REQUIRE(life.service.remove(first));
  }
  Life next(clock, path);
  REQUIRE(next.service.recover(OnRestart::resume));
  const auto stream = next.streams.find(cut).value();
  if (earlier_is_deleted) {
    REQUIRE(next.until([&] { return next.providers.count() == 1; }));
    next.providers.call(0).answer("another answer");
  }
  REQUIRE(next.until([&] { return stream->finished(); }));
  CHECK(next.providers.count() == (earlier_is_deleted ? 1 : 0));
  stream->with_state([&](const stream::StreamState& state) {
    REQUIRE(state.result);
    CHECK(state.result->answer == (earlier_is_deleted ? "another answer" : "an answer"));
    CHECK(state.result->cached == !earlier_is_deleted);
    if (!earlier_is_deleted) CHECK(state.result->cache == CacheOrigin{earlier.str(), 0.97});
  });
}
