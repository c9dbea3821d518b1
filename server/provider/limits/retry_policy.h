// Whether and when a failed attempt is retried. Pure; any thread.
// Sources: docs/decisions/0014; AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace plenum::provider {

struct Attempt {
  int number = 1;  // from 1; repetitions without a rejected parameter do not count
  int retries_max = 2;
  bool any_delta = false;  // a part of the answer was emitted
  SteadyTime now{};
  SteadyTime due = SteadyTime::max();  // deadline of the caller
};

struct RetryDecision {
  std::optional<milliseconds> wait;  // before the next attempt; nothing: no retry
  bool requested = false;            // by the provider
  std::string reason{};  // why there is no retry, for the error message; empty for errors that no retry solves
};

// `random` is from [0, 1).
RetryDecision decide_retry(const Error& error, const Attempt& attempt, double random);

}  // namespace plenum::provider
