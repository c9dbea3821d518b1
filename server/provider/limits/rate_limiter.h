// Token bucket that limits calls per minute. Pure: time is passed in. Not thread-safe.
// A sixth of the limit may start at once; the rest is spread so that no window of 60 s, wherever it begins, holds more
// calls than the limit.
#pragma once

#include <chrono>

#include "common/base/clock.h"

namespace plenum::provider {

class RateLimiter {
 public:
  explicit RateLimiter(int requests_per_minute);  // 0: unlimited

  // Takes a token if one is available.
  bool try_acquire(SteadyTime now);
  // Returns the token of a call that was not sent.
  void refund();
  // When the next token is available; `now` if one already is.
  SteadyTime next_token(SteadyTime now) const;

 private:
  void refill(SteadyTime now);

  std::chrono::nanoseconds period_{0};  // set once: time per token; 0: unlimited
  int tokens_max_ = 0;                  // set once
  int tokens_ = 0;
  SteadyTime refilled_{};
};

}  // namespace plenum::provider
