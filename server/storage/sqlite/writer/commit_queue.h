// Group commit: everything that event loops and request threads submit until the writer thread starts its next
// transaction. docs/event-log.md, "Writing".
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "server/core/event_store.h"
#include "server/runtime/event_loop.h"
#include "server/storage/sqlite/database/tables.h"

namespace plenum::storage {

// The frames that the streams of one loop appended in one iteration.
struct AppendBatch {
  runtime::EventLoop* loop = nullptr;
  std::vector<core::FrameAppend> appends;
};

// Runs inside a transaction. It may run twice, if the outcome of the first transaction is unknown.
using Change = std::function<void(SqliteTables&)>;

// A change of the tables that waits for a transaction.
struct PendingChange {
  Change change;
  Change undo;  // reverts the change if its transaction failed and turns out to be committed
  std::shared_ptr<std::promise<Result<void>>> done;                         // null: no thread waits
  std::optional<std::pair<StreamId, std::shared_ptr<std::int64_t>>> opens;  // a new task; its ordinal, set by `change`
  std::vector<StreamId> closes;                                             // tasks that no longer exist afterwards
  core::Removal removal = core::Removal::explicit_;
};

// The content of one transaction.
struct PendingWork {
  std::vector<AppendBatch> batches;
  std::vector<PendingChange> changes;
  bool sync = false;
  bool empty() const { return batches.empty() && changes.empty(); }
};

struct CommitQueueOptions {
  std::chrono::microseconds group{4000};       // minimum time between two commits
  std::chrono::microseconds sync_group{2000};  // likewise, if work waits for a sync
};

class CommitQueue {
 public:
  CommitQueue(const Clock& clock, CommitQueueOptions options) : clock_(clock), options_(options) {}

  // --- any thread ---
  void enqueue(AppendBatch batch);
  // With the next transaction; not synced. Dropped if the store is not writable.
  void enqueue(PendingChange change);
  // Blocks until the change is durable or failed.
  Result<void> submit_and_wait(PendingChange change);
  core::StoreState state() const;
  // Whether the task was rejected because the disk failed. Its row may exist until the disk works again and must not
  // be reported.
  bool was_rejected(const StreamId& id) const;

  // --- the writer's owner ---
  void open();   // accepts submit_and_wait from now on
  void close();  // rejects new work; what is queued is still delivered

  // --- writer thread ---
  // Waits for work, or for nothing if `has_idle_work`, and then for the rest of the group interval after last_commit.
  // Without work it returns after idle_max, with nothing.
  PendingWork next(SteadyTime last_commit, bool has_idle_work, milliseconds idle_max = milliseconds(1000));
  // While the store is not writable: what is queued at `retry_at`, or at close().
  PendingWork next_at_retry(SteadyTime retry_at);
  // Whether close() was called and everything was delivered.
  bool drained() const;
  void set_state(std::optional<Error> error);
  void reject(const StreamId& id);

 private:
  void wait_until(SteadyTime due, bool stop_at_sync) REQUIRES(mutex_);

  const Clock& clock_;                // set once
  const CommitQueueOptions options_;  // set once

  mutable Mutex mutex_;
  ConditionVariable wake_;
  PendingWork pending_ GUARDED_BY(mutex_);
  bool open_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  core::StoreState state_ GUARDED_BY(mutex_);
  std::unordered_set<StreamId> rejected_ GUARDED_BY(mutex_);  // bounded by the tasks in flight at disk failures
};

}  // namespace plenum::storage
