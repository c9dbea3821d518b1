// The timers of one loop, ordered by due time. Has no clock: the caller passes the time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "common/base/clock.h"
#include "server/runtime/move_only_function.h"

namespace plenum::runtime {

// 0: no timer.
using TimerId = std::uint64_t;

// Not thread-safe: its loop only.
class TimerQueue {
 public:
  TimerId add(SteadyTime due, MoveOnlyFunction work);
  // False if the timer has already run or is unknown; harmless.
  bool cancel(TimerId id);
  // Runs every timer due at `now`, in order of due time, then of addition. A timer added by one of them runs in the
  // next call at the earliest: otherwise a timer that re-arms itself could block the loop.
  void run_due(SteadyTime now);
  std::optional<SteadyTime> next_due() const;
  std::size_t size() const { return by_due_.size(); }

 private:
  using Key = std::pair<SteadyTime, TimerId>;
  std::map<Key, MoveOnlyFunction> by_due_;
  std::map<TimerId, SteadyTime> due_of_;
  TimerId next_id_ = 1;
};

}  // namespace plenum::runtime
