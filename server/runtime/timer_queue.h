// Timers of one loop, by due time. Holds no clock: whoever owns it says what time it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "common/base/clock.h"
#include "server/runtime/move_only_function.h"

namespace plenum::runtime {

// 0 is no timer.
using TimerId = std::uint64_t;

// Not thread-safe: only its loop.
class TimerQueue {
 public:
  TimerId add(SteadyTime due, MoveOnlyFunction work);
  // False when it has run already or never was; harmless.
  bool cancel(TimerId id);
  // Runs everything due at now, in order of due time, then of addition. MoveOnlyFunction added meanwhile that is
  // due as well waits for the next call, so that a timer that re-arms itself cannot hold the loop.
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
