#include "server/storage/sqlite/writer/commit_queue.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::storage;

namespace {

AppendBatch batch(bool sync) {
  AppendBatch made;
  made.appends.push_back({StreamId::random(), std::make_shared<core::Frames>(), sync, std::nullopt, {}});
  return made;
}

struct QueueFixture {
  tests::ManualClock clock;
  CommitQueue queue{clock, {}};
};

}  // namespace

TEST_CASE_FIXTURE(QueueFixture, "all work queued since the last transaction is delivered together") {
  queue.enqueue(batch(false));
  queue.enqueue(batch(true));
  queue.enqueue(PendingChange{});
  const PendingWork work = queue.next(clock.steady() - seconds(1), false);
  CHECK(work.batches.size() == 2);
  CHECK(work.changes.size() == 1);
  CHECK(work.sync);
}

TEST_CASE_FIXTURE(QueueFixture, "work without a sync does not sync its transaction") {
  queue.enqueue(batch(false));
  CHECK_FALSE(queue.next(clock.steady() - seconds(1), false).sync);
}

TEST_CASE_FIXTURE(QueueFixture, "idle work does not wait for a batch") {
  CHECK(queue.next(clock.steady() - seconds(1), true).empty());
}

TEST_CASE_FIXTURE(QueueFixture, "a closed queue delivers what it holds and rejects new changes") {
  queue.open();
  queue.enqueue(batch(false));
  queue.close();
  CHECK_FALSE(queue.drained());
  CHECK(queue.submit_and_wait({}).error().code == ErrorCode::store_unavailable);
  CHECK(queue.next(clock.steady(), false).batches.size() == 1);
  CHECK(queue.drained());
}

TEST_CASE_FIXTURE(QueueFixture, "while the store is not writable changes fail with its error and batches are queued") {
  queue.open();
  queue.set_state(Error{ErrorCode::store_full, "no space"});
  queue.enqueue(batch(true));
  queue.enqueue(PendingChange{});
  CHECK(queue.submit_and_wait({}).error().code == ErrorCode::store_full);
  const PendingWork work = queue.next_at_retry(clock.steady());
  CHECK(work.batches.size() == 1);
  CHECK(work.changes.empty());
  queue.set_state(std::nullopt);
  CHECK(queue.state().writable);
}

TEST_CASE_FIXTURE(QueueFixture, "a submitted change returns when the writer has reported it") {
  queue.open();
  std::thread writer([&] {
    PendingWork work = queue.next(clock.steady() - seconds(1), false);
    for (PendingChange& change : work.changes) change.done->set_value({});
  });
  CHECK(queue.submit_and_wait({}));
  writer.join();
}
