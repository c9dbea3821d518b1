// Lets calls to one provider in: so many at once, so many a minute, first come first served across all
// loops. One for each provider, shared by all loops; what it says to a caller it says on the caller's loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "common/base/clock.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct ConcurrencyLimiterOptions {
  int concurrent_requests_max = 0;  // calls at once; 0: no bound
  int requests_per_minute = 0;      // in any minute; 0: no bound
  std::size_t queue_max = 1000;     // calls that may wait
};

// Tokens that come back with time. Of the calls of a minute a sixth may begin at once; the rest is spread
// so that no minute, wherever it begins, sees more than the number. Pure. Not thread-safe.
class RateBucket {
 public:
  explicit RateBucket(int requests_per_minute);  // 0: never empty

  // Takes a token if there is one.
  bool take(SteadyTime now);
  // The call did not go out after all.
  void give_back();
  // When the next token will be there; `now` if it is.
  SteadyTime next(SteadyTime now) const;

 private:
  void refill(SteadyTime now);

  std::chrono::nanoseconds period_{0};  // set once: time in which one token comes; 0: no bound
  int tokens_max_ = 0;                  // set once
  int tokens_ = 0;
  SteadyTime refilled_{};
};

// Any thread. Must outlive its tickets.
class ConcurrencyLimiter {
 public:
  // Called on the loop of the ticket, never from inside enter(); may destroy the ticket.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // On entry to the queue, and again each time it has halved: a long queue must not flood the streams.
    virtual void on_queue_position(int position) = 0;  // 1: next
    virtual void on_granted() = 0;                     // once; not when the ticket was granted from the start
    virtual void on_recheck() {}                       // still waiting, but see whether that has become pointless
  };

  // A place in the queue, later a slot. Destroying it leaves the queue or frees the slot at once. Only
  // the loop on which it was made.
  class Slot;

  struct Counts {
    int in_flight = 0;
    int waiting = 0;
  };

  explicit ConcurrencyLimiter(ConcurrencyLimiterOptions options);
  ~ConcurrencyLimiter();

  // Null when too many wait already. The loop and the caller must outlive the ticket.
  std::unique_ptr<Slot> enter(runtime::EventLoop& loop, Waiter& caller);
  Counts counts() const;
  // Asks everybody who waits to look again whether to wait. Also from a caller's callback.
  void revalidate_waiters();
  const ConcurrencyLimiterOptions& options() const { return options_; }

 private:
  struct Place;

  void admit(SteadyTime now);  // with the lock
  void tell_positions();       // with the lock
  void leave(Place& place, bool unused);
  void on_timer(Place& place);

  const ConcurrencyLimiterOptions options_;  // set once
  const bool unbounded_;                     // set once: nobody ever waits, so nobody takes the lock
  std::atomic<int> in_flight_{0};            // any thread
  mutable std::mutex mutex_;
  RateBucket rate_;                          // guarded by mutex_
  std::list<std::shared_ptr<Place>> queue_;  // guarded by mutex_
  const Place* woken_by_timer_ = nullptr;    // guarded by mutex_: who was told to wait for a token
};

class ConcurrencyLimiter::Slot {
 public:
  Slot(ConcurrencyLimiter& turnstile, std::shared_ptr<Place> place) : turnstile_(turnstile), place_(std::move(place)) {}
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  bool granted() const;
  // Nothing was sent: the minute's count forgets this call. The ticket stays to be destroyed.
  void note_unused() { unused_ = true; }

 private:
  ConcurrencyLimiter& turnstile_;
  std::shared_ptr<Place> place_;  // the only owner once out of the queue: what is posted holds it weakly
  bool unused_ = false;
};

}  // namespace plenum::provider
