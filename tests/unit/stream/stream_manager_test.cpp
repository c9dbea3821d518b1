#include "server/stream/stream_manager.h"

#include <doctest/doctest.h>

#include "server/storage/memory/log.h"
#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::stream;
using plenum::tests::ManualClock;

namespace {

struct ManagerFixture {
  explicit ManagerFixture(ManagerOptions options = {})
      : manager(
            loops, clock, [] { return std::make_unique<storage::MemoryLog>(); }, options) {}

  std::shared_ptr<Stream> open(seconds ttl = seconds(3600)) {
    TaskSpec spec;
    spec.task = "a task";
    spec.ttl = ttl;
    auto opened = manager.open(manager.prepare({std::move(spec), {}}));
    REQUIRE(opened);
    return *opened;
  }
  std::shared_ptr<Stream> open_finished(seconds ttl = seconds(3600)) {
    auto stream = open(ttl);
    finish(*stream);
    return stream;
  }
  void finish(Stream& stream) {
    REQUIRE(stream.push(Event{TaskCompleted{}, nullptr}));
    turn();
  }
  void turn() { loops.at(0).run_once(milliseconds(0)); }
  bool absent(const StreamId& id, ErrorCode how) {
    const auto found = manager.find(id);
    return !found && found.error().code == how;
  }

  ManualClock clock;
  runtime::EventLoopGroup loops{clock, 1};
  StreamManager manager;
};

}  // namespace

TEST_CASE("an open stream is found by its id, and other ids are unknown") {
  ManagerFixture world;
  const auto stream = world.open();
  CHECK(world.manager.find(stream->id()).value() == stream);
  CHECK(world.absent(StreamId::random(), ErrorCode::stream_not_found));
}

TEST_CASE("a finished stream is reaped one hour after it was last used, not a second before") {
  ManagerFixture world;
  const StreamId id = world.open_finished()->id();
  world.clock.advance(seconds(3599));
  world.manager.reap();
  REQUIRE(world.manager.find(id));  // the access restarts the hour
  world.clock.advance(seconds(3599));
  world.manager.reap();
  REQUIRE(world.manager.find(id));
  world.clock.advance(seconds(3600));
  world.manager.reap();
  CHECK(world.absent(id, ErrorCode::stream_gone));
  CHECK(world.manager.counts().reaped_total == 1);
}

TEST_CASE("running streams and streams with a subscriber are never reaped") {
  ManagerFixture world;
  const auto running = world.open(seconds(60));
  const auto read = world.open_finished(seconds(60));
  read->add_subscribers(1);
  world.clock.advance(seconds(7200));
  world.manager.reap();
  CHECK(world.manager.find(running->id()));
  CHECK(world.manager.find(read->id()));
}

TEST_CASE("a reaped id is gone for 24 hours and unknown afterwards") {
  ManagerFixture world;
  const StreamId id = world.open_finished(seconds(60))->id();
  world.clock.advance(seconds(60));
  world.manager.reap();
  world.clock.advance(seconds(24 * 3600 - 1));
  world.manager.reap();
  CHECK(world.absent(id, ErrorCode::stream_gone));
  world.clock.advance(seconds(1));
  world.manager.reap();
  CHECK(world.absent(id, ErrorCode::stream_not_found));
}

TEST_CASE("a full table evicts the finished stream that is idle longest and never a running one") {
  ManagerFixture world(ManagerOptions{.streams_max = 3});
  const StreamId oldest = world.open_finished()->id();
  world.clock.advance(seconds(1));
  const StreamId newer = world.open_finished()->id();
  const StreamId running = world.open()->id();
  world.clock.advance(seconds(1));
  const StreamId newest = world.open()->id();
  CHECK(world.absent(oldest, ErrorCode::stream_gone));
  CHECK(world.manager.find(newer));
  CHECK(world.manager.find(running));
  CHECK(world.manager.find(newest));
}

TEST_CASE("at the limit of running tasks open fails with busy and a retry time") {
  ManagerFixture world(ManagerOptions{.running_tasks_max = 2});
  const auto first = world.open();
  const auto second = world.open();
  const auto rejected = world.manager.open(world.manager.prepare({}));
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == ErrorCode::busy);
  CHECK(rejected.error().retry_after.has_value());
  world.finish(*first);
  CHECK(world.manager.open(world.manager.prepare({})));
}

TEST_CASE("the list is newest first and continues where a page ended") {
  ManagerFixture world;
  std::vector<StreamId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(world.open()->id());
  const auto page = world.manager.list({.limit = 2}).value();
  REQUIRE(page.size() == 2);
  CHECK(page[0].stream->id() == ids[4]);
  CHECK(page[1].stream->id() == ids[3]);
  const auto next = world.manager.list({.limit = 10, .before = ids[3]}).value();
  REQUIRE(next.size() == 3);
  CHECK(next[0].stream->id() == ids[2]);
  CHECK(next[2].stream->id() == ids[0]);
  CHECK_FALSE(world.manager.list({.limit = 10, .before = StreamId::random()}));
}

TEST_CASE("counts include streams by status and the size of their logs") {
  ManagerFixture world;
  world.open_finished();
  world.open();
  const auto counts = world.manager.counts();
  CHECK(counts.by_status[static_cast<std::size_t>(TaskStatus::completed)] == 1);
  CHECK(counts.by_status[static_cast<std::size_t>(TaskStatus::initializing)] == 1);
  CHECK(counts.log_bytes > 0);
  CHECK(counts.opened_total == 2);
}

TEST_CASE("the end of a task is a use: its idle time starts there") {
  ManagerFixture world;
  const auto stream = world.open(seconds(60));
  world.clock.advance(seconds(600));
  world.finish(*stream);
  world.manager.reap();
  CHECK(world.manager.find(stream->id()));
}

TEST_CASE("the ids of removed streams are bounded: the oldest one is dropped first") {
  ManagerFixture world(ManagerOptions{.tombstones_max = 2});
  std::vector<StreamId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(world.open_finished(seconds(60))->id());
    world.clock.advance(seconds(60));
    world.manager.reap();
  }
  CHECK(world.absent(ids[0], ErrorCode::stream_not_found));
  CHECK(world.absent(ids[1], ErrorCode::stream_gone));
  CHECK(world.absent(ids[2], ErrorCode::stream_gone));
}

TEST_CASE("the memory of a task includes every text that its caller chose") {
  const auto memory = std::make_shared<runtime::MemoryBudget>();
  ManagerFixture world(ManagerOptions{.memory = memory});
  const std::string text(10'000, 'x');
  TaskSpec spec;
  spec.task = "a task";
  spec.prior = {"question", text, {}};
  spec.personas = {{"skeptic", text}};
  spec.members = {text};
  spec.fallback = {{"*", {text}}};
  spec.parameters.common.stop = {text};
  spec.parameters.steps["s"].stop = {text};
  spec.metadata_json = text;
  const auto stream = world.manager.open(world.manager.prepare({std::move(spec), {}})).value();
  CHECK(memory->used(runtime::MemoryKind::tasks) >= 140'000);  // its run has them once more
  world.finish(*stream);
  CHECK(memory->used(runtime::MemoryKind::tasks) >= 70'000);
  CHECK(memory->used(runtime::MemoryKind::tasks) < 140'000);
  CHECK(memory->used(runtime::MemoryKind::tasks) == stream->bytes_held());
}

TEST_CASE("beyond the memory for tasks, idle streams are evicted, as many as are needed") {
  const auto memory = std::make_shared<runtime::MemoryBudget>(1'000'000);  // half of it for tasks
  ManagerFixture world(ManagerOptions{.memory = memory});
  const auto open = [&](std::size_t bytes) {
    TaskSpec spec;
    spec.task = std::string(bytes, 'x');
    return world.manager.open(world.manager.prepare({std::move(spec), {}}));
  };
  for (int i = 0; i < 10; ++i) world.finish(**open(40'000));
  const auto large = open(200'000);  // twice while it runs
  REQUIRE(large);
  world.turn();
  CHECK(memory->used() <= 500'000);
  CHECK(world.manager.counts().evicted_total >= 8);
}

TEST_CASE("a task is rejected with busy when running tasks use the memory, and accepted when they have ended") {
  const auto memory = std::make_shared<runtime::MemoryBudget>(1'000'000);
  ManagerFixture world(ManagerOptions{.memory = memory});
  TaskSpec spec;
  spec.task = std::string(200'000, 'x');
  const auto running = world.manager.open(world.manager.prepare({spec, {}}));
  const auto rejected = world.manager.open(world.manager.prepare({spec, {}}));
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == ErrorCode::busy);
  CHECK(rejected.error().retry_after.has_value());
  REQUIRE(running);
}
