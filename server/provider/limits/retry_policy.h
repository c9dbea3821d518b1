// Whether a failed attempt is made again, and after which wait. Pure but for the budget.
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
  bool delta_shown = false;  // somebody has seen a piece of its answer
  SteadyTime now{};
  SteadyTime due = SteadyTime::max();  // after this nobody wants the answer
};

// The wait before the next attempt, or nothing: the error stands. `random` is from [0, 1).
std::optional<milliseconds> retry_wait(const Error& error, const Attempt& attempt, double random);

// Bounds the retries to one provider: a provider in trouble is not helped by three times the calls.
// Full at the start; a call that succeeds puts a tenth of a retry in. One for each provider. Any thread.
class RetryBudget {
 public:
  // Takes one retry if there is one.
  bool take();
  void on_success();

 private:
  static constexpr int tenths_max = 100;
  std::atomic<int> tenths_{tenths_max};
};

}  // namespace plenum::provider
