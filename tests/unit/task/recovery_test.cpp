// Tasks that an earlier process left unfinished.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "server/storage/memory/log.h"
#include "server/storage/sqlite/store.h"
#include "server/task/task_service.h"
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
        service(loops, streams, planner, {&providers}) {}
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
