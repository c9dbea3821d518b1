// Whether and when a failed attempt is retried. Pure, except for the budget.
// Sources: docs/decisions/0014; AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter);
// gRPC A6, retry throttling (the budget).
#pragma once

#include <atomic>
#include <optional>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace plenum::provider {

struct Attempt {
  int number = 1;  // from 1
  int retries_max = 2;
  bool any_delta = false;  // a part of the answer was emitted
  SteadyTime now{};
  SteadyTime due = SteadyTime::max();  // deadline of the caller
};

// The wait before the next attempt; nothing: no retry. `random` is from [0, 1).
std::optional<milliseconds> retry_wait(const Error& error, const Attempt& attempt, double random);

// Limits the retries to one provider: an overloaded provider must not receive three times the calls. Starts full;
// each successful call adds a tenth of a retry. One per provider. Any thread.
class RetryBudget {
 public:
  // Takes one retry if one is left.
  bool take();
  void on_success();

 private:
  static constexpr int tenths_max = 100;
  std::atomic<int> tenths_{tenths_max};
};

}  // namespace plenum::provider
