#include "server/stream/stream_manager.h"

#include <doctest/doctest.h>

#include "server/storage/memory/log.h"
#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::stream;
using plenum::tests::ManualClock;

namespace {

struct HandlerContext {
  explicit HandlerContext(ManagerOptions options = {})
      : manager(
            loops, clock, [] { return std::make_unique<storage::MemoryLog>(); }, options) {}

  std::shared_ptr<Stream> open(seconds ttl = seconds(3600)) {
    TaskSpec spec;
    spec.task = "a task";
    spec.ttl = ttl;
    auto opened = manager.open({std::move(spec), {}});
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

TEST_CASE("an id resolves as soon as its stream is open, and others are unknown") {
  HandlerContext house;
  const auto stream = house.open();
  CHECK(house.manager.find(stream->id()).value() == stream);
  CHECK(house.absent(StreamId::random(), ErrorCode::stream_not_found));
}

TEST_CASE("a finished stream is reaped one hour after it was last used, not a second before") {
  HandlerContext house;
  const StreamId id = house.open_finished()->id();
  house.clock.advance(seconds(3599));
  house.manager.reap();
  REQUIRE(house.manager.find(id));  // and looking at it starts the hour anew
  house.clock.advance(seconds(3599));
  house.manager.reap();
  REQUIRE(house.manager.find(id));
  house.clock.advance(seconds(3600));
  house.manager.reap();
  CHECK(house.absent(id, ErrorCode::stream_gone));
  CHECK(house.manager.counts().reaped_total == 1);
}

TEST_CASE("running streams and streams with a reader are never reaped") {
  HandlerContext house;
  const auto running = house.open(seconds(60));
  const auto read = house.open_finished(seconds(60));
  read->add_readers(1);
  house.clock.advance(seconds(7200));
  house.manager.reap();
  CHECK(house.manager.find(running->id()));
  CHECK(house.manager.find(read->id()));
}

TEST_CASE("a reaped id answers gone for 24 hours and is unknown after that") {
  HandlerContext house;
  const StreamId id = house.open_finished(seconds(60))->id();
  house.clock.advance(seconds(60));
  house.manager.reap();
  house.clock.advance(seconds(24 * 3600 - 1));
  house.manager.reap();
  CHECK(house.absent(id, ErrorCode::stream_gone));
  house.clock.advance(seconds(1));
  house.manager.reap();
  CHECK(house.absent(id, ErrorCode::stream_not_found));
}

TEST_CASE("a full house evicts the longest idle finished stream and never a running one") {
  HandlerContext house(ManagerOptions{.streams_max = 3});
  const StreamId oldest = house.open_finished()->id();
  house.clock.advance(seconds(1));
  const StreamId newer = house.open_finished()->id();
  const StreamId running = house.open()->id();
  house.clock.advance(seconds(1));
  const StreamId newest = house.open()->id();
  CHECK(house.absent(oldest, ErrorCode::stream_gone));
  CHECK(house.manager.find(newer));
  CHECK(house.manager.find(running));
  CHECK(house.manager.find(newest));
}

TEST_CASE("a house full of running tasks answers busy and says when to come back") {
  HandlerContext house(ManagerOptions{.running_tasks_max = 2});
  const auto first = house.open();
  const auto second = house.open();
  const auto refused = house.manager.open({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::busy);
  CHECK(refused.error().retry_after.has_value());
  house.finish(*first);
  CHECK(house.manager.open({}));
}

TEST_CASE("the list is newest first and continues where a page ended") {
  HandlerContext house;
  std::vector<StreamId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(house.open()->id());
  const auto page = house.manager.list({.limit = 2}).value();
  REQUIRE(page.size() == 2);
  CHECK(page[0].stream->id() == ids[4]);
  CHECK(page[1].stream->id() == ids[3]);
  const auto next = house.manager.list({.limit = 10, .before = ids[3]}).value();
  REQUIRE(next.size() == 3);
  CHECK(next[0].stream->id() == ids[2]);
  CHECK(next[2].stream->id() == ids[0]);
  CHECK_FALSE(house.manager.list({.limit = 10, .before = StreamId::random()}));
}

TEST_CASE("counts tell streams by status and what their logs hold") {
  HandlerContext house;
  house.open_finished();
  house.open();
  const auto counts = house.manager.counts();
  CHECK(counts.by_status[static_cast<std::size_t>(TaskStatus::completed)] == 1);
  CHECK(counts.by_status[static_cast<std::size_t>(TaskStatus::initializing)] == 1);
  CHECK(counts.log_bytes > 0);
  CHECK(counts.opened_total == 2);
}

TEST_CASE("the end of a task is a use of it: its idle time counts from there") {
  HandlerContext house;
  const auto stream = house.open(seconds(60));
  house.clock.advance(seconds(600));
  house.finish(*stream);
  house.manager.reap();
  CHECK(house.manager.find(stream->id()));
}

TEST_CASE("the ids of removed streams are bounded: the oldest one is forgotten first") {
  HandlerContext house(ManagerOptions{.tombstones_max = 2});
  std::vector<StreamId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(house.open_finished(seconds(60))->id());
    house.clock.advance(seconds(60));
    house.manager.reap();
  }
  CHECK(house.absent(ids[0], ErrorCode::stream_not_found));
  CHECK(house.absent(ids[1], ErrorCode::stream_gone));
  CHECK(house.absent(ids[2], ErrorCode::stream_gone));
}
