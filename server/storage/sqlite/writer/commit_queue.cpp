#include "server/storage/sqlite/writer/commit_queue.h"

#include <algorithm>
#include <utility>

#include "server/telemetry/log.h"

namespace plenum::storage {

void CommitQueue::open() {
  MutexLock lock(mutex_);
  open_ = true;
}

void CommitQueue::close() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

// Wakes the writer for the first work of a group and for the first sync only: a wake-up per loop iteration costs more
// than the write.
void CommitQueue::enqueue(AppendBatch batch) {
  bool wakes = false;
  {
    MutexLock lock(mutex_);
    wakes = pending_.empty();
    for (const auto& append : batch.appends) {
      wakes |= append.sync && !pending_.sync;
      pending_.sync |= append.sync;
    }
    pending_.batches.push_back(std::move(batch));
  }
  if (wakes) wake_.notify_one();
}

void CommitQueue::enqueue(PendingChange change) {
  MutexLock lock(mutex_);
  if (!state_.writable || stopping_) return;
  pending_.changes.push_back(std::move(change));
  wake_.notify_one();
}

Result<void> CommitQueue::submit_and_wait(PendingChange change) {
  change.done = std::make_shared<std::promise<Result<void>>>();
  auto done = change.done->get_future();
  {
    MutexLock lock(mutex_);
    if (!state_.writable) return Failure(*state_.error);
    if (stopping_ || !open_) return Failure(Error{ErrorCode::store_unavailable, "the event log is closed"});
    pending_.changes.push_back(std::move(change));
    pending_.sync = true;
  }
  wake_.notify_one();
  return done.get();
}

core::StoreState CommitQueue::state() const {
  MutexLock lock(mutex_);
  return state_;
}

bool CommitQueue::was_rejected(const StreamId& id) const {
  MutexLock lock(mutex_);
  return rejected_.contains(id);
}

void CommitQueue::reject(const StreamId& id) {
  MutexLock lock(mutex_);
  rejected_.insert(id);
}

bool CommitQueue::drained() const {
  MutexLock lock(mutex_);
  return stopping_ && pending_.empty();
}

void CommitQueue::wait_until(SteadyTime due, bool stop_at_sync) {
  const SteadyTime now = clock_.steady();
  if (now >= due) return;
  const auto deadline = std::chrono::steady_clock::now() + (due - now);
  while (!stopping_ && !(stop_at_sync && pending_.sync)) {
    if (!wake_.wait_until(mutex_, deadline)) return;
  }
}

PendingWork CommitQueue::next(SteadyTime last_commit, bool has_idle_work, milliseconds idle_max) {
  const auto idle_end = std::chrono::steady_clock::now() + idle_max;
  MutexLock lock(mutex_);
  while (!stopping_ && pending_.empty() && !has_idle_work) {
    if (!wake_.wait_until(mutex_, idle_end)) break;
  }
  if (pending_.empty() && !has_idle_work) return {};
  wait_until(last_commit + options_.sync_group, false);
  wait_until(last_commit + options_.group, true);
  return std::exchange(pending_, {});
}

PendingWork CommitQueue::next_at_retry(SteadyTime retry_at) {
  MutexLock lock(mutex_);
  wait_until(std::max<SteadyTime>(retry_at, clock_.steady() + milliseconds(1)), false);
  return std::exchange(pending_, {});
}

void CommitQueue::set_state(std::optional<Error> error) {
  MutexLock lock(mutex_);
  if (error && state_.writable) {
    log::error("store: {}. New tasks are rejected, and events wait until they are durable.", error->message);
  } else if (!error && !state_.writable) {
    log::info("store: writable again");
  }
  state_.writable = !error;
  state_.error = std::move(error);
}

}  // namespace plenum::storage
