// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "common/base/clock.h"

namespace plenum::tests {

// Any thread.
class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime(std::chrono::nanoseconds(steady_ns_.load())); }
  WallTime wall() const override { return WallTime(milliseconds(wall_ms_.load())); }

  // Time passes: both clocks move.
  void advance(std::chrono::nanoseconds by) {
    steady_ns_ += by.count();
    wall_ms_ += std::chrono::duration_cast<milliseconds>(by).count();
  }
  // Sets the wall clock; the steady clock is not affected.
  void set_wall(WallTime time) { wall_ms_ = time.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> steady_ns_{1'000'000'000};
  std::atomic<std::int64_t> wall_ms_{1'795'222'800'000};  // 2026-11-21T01:00:00Z
};

}  // namespace plenum::tests
