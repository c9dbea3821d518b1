// Limits the retries to one provider: an overloaded provider must not receive three times the calls. Starts with 10
// retries and holds at most 10; each successful call adds a tenth of a retry, and each `refill_period` a whole one.
// A wait that the provider requested does not draw on it: that is the opposite of a retry storm.
// Source: gRPC A6, retry throttling. Pure apart from its lock: time is passed in. One per provider. Any thread.
#pragma once

#include <chrono>

#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace plenum::provider {

class RetryBudget {
 public:
  static constexpr std::chrono::seconds refill_period{6};  // 10 retries per minute

  // Takes one retry if one is left.
  bool take(SteadyTime now);
  void on_success();

 private:
  static constexpr int tenths_max = 100;

  void refill(SteadyTime now) REQUIRES(mutex_);

  Mutex mutex_;
  int tenths_ GUARDED_BY(mutex_) = tenths_max;
  SteadyTime refilled_ GUARDED_BY(mutex_){};  // how far the refill has counted
};

}  // namespace plenum::provider
