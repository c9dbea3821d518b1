// Limits the calls to one provider: concurrent calls, and calls per minute (RateLimiter). Calls above a limit wait in
// one FIFO queue across all loops. One per provider, shared by all loops.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "server/provider/limits/rate_limiter.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct ConcurrencyLimiterOptions {
  int concurrent_requests_max = 0;  // 0: unlimited
  int requests_per_minute = 0;      // 0: unlimited
  std::size_t queue_max = 1000;     // calls that may wait
};

// Any thread. Must outlive its slots.
class ConcurrencyLimiter {
 public:
  // Called on the loop of the slot, never from inside acquire(); may destroy the slot.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // When queued, and each time the position has halved: a long queue must not flood the streams.
    virtual void on_queue_position(int position) = 0;  // 1: next
    virtual void on_granted() = 0;                     // once; not for a slot that acquire() granted itself
    virtual void on_revalidate() {}                    // still queued; leave if waiting has become pointless
  };

  // A position in the queue, later one of the concurrent calls. Destroying it removes it from the queue or releases the
  // slot at once. Owner loop only.
  class Slot;

  struct Counts {
    int in_flight = 0;
    int waiting = 0;
  };

  explicit ConcurrencyLimiter(ConcurrencyLimiterOptions options);
  ~ConcurrencyLimiter();

  // Null if the queue is full. The loop and the waiter must outlive the slot.
  std::unique_ptr<Slot> acquire(runtime::EventLoop& loop, Waiter& waiter);
  Counts counts() const;
  // Calls on_revalidate() of every waiter, later. May be called from a waiter's callback.
  void revalidate_waiters();
  const ConcurrencyLimiterOptions& options() const { return options_; }

 private:
  struct Entry;

  bool has_free_slot() const REQUIRES(mutex_);
  void admit(SteadyTime now) REQUIRES(mutex_);
  void wait_for_token(Entry& entry, SteadyTime due) REQUIRES(mutex_);
  void report_positions() REQUIRES(mutex_);
  void release(Entry& entry, bool unused);
  void on_timer(Entry& entry);

  const ConcurrencyLimiterOptions options_;  // set once
  const bool unlimited_;                     // set once: no call ever waits, so none takes the lock
  std::atomic<int> in_flight_{0};            // any thread
  mutable Mutex mutex_;
  RateLimiter rate_ GUARDED_BY(mutex_);
  std::list<std::shared_ptr<Entry>> queue_ GUARDED_BY(mutex_);
  // The entry whose timer waits for the next token.
  const Entry* timer_owner_ GUARDED_BY(mutex_) = nullptr;
};

class ConcurrencyLimiter::Slot {
 public:
  Slot(ConcurrencyLimiter& limiter, std::shared_ptr<Entry> entry) : limiter_(limiter), entry_(std::move(entry)) {}
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  bool granted() const;
  // Nothing was sent: the call does not count against the minute. The slot must still be destroyed.
  void mark_unused() { unused_ = true; }

 private:
  ConcurrencyLimiter& limiter_;
  std::shared_ptr<Entry> entry_;  // the only owner once out of the queue: posted callbacks hold it weakly
  bool unused_ = false;
};

}  // namespace plenum::provider
