// Circuit breaker: after several consecutive failures of a model, calls fail at once, and after a cooldown one trial
// call decides whether to close it. Without it, every call to an unreachable model waits for its timeout, and a
// recovering one receives all waiting calls at once.
// Source: Nygard, "Release It!", circuit breaker. Pure: time is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace plenum::provider {

struct CircuitBreakerOptions {
  int failures_max = 5;           // consecutive
  milliseconds cooldown{30'000};  // time open, before the trial call
};

// What an ended attempt means for the health of its provider.
enum class Outcome : std::uint8_t {
  success,  // the provider works, even if it rejected this call
  failure,
  ignored,  // no evidence either way: cancelled, or broken in a way that does not predict the next call
};
// overloaded, timeout, transport and server are failures. rate_limit, billing, authentication and content_filter are
// responses of a working provider. All others are ignored: they are about one request or one answer. So is any error of
// an answer that ended in order (core::ChatEnd::orderly), for example an empty one. No error: success. Pure; any
// thread.
Outcome outcome_of(const std::optional<Error>& error, bool orderly = false);

// Of one model of one provider. Not thread-safe: ModelBreakers locks.
class CircuitBreaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };

  // Permission for one call. Must be passed to report() exactly once.
  struct CallToken {
    std::uint64_t generation = 0;  // outcomes of calls from before the last state change are dropped
    bool trial = false;
  };
  struct Rejection {
    int failures = 0;  // consecutive
    std::string last_error;
    milliseconds retry_in{0};
  };

  // A token, or nothing and the reason in `why`.
  std::optional<CallToken> try_acquire(SteadyTime now, Rejection& why);
  // Records the outcome of a call; `error` is quoted by later rejections if it is a failure. Opens the breaker after
  // `failures_max` consecutive failures, for `cooldown`. True if this opened it.
  bool report(CallToken token, Outcome outcome, std::string_view error, SteadyTime now,
              const CircuitBreakerOptions& options);
  // The rejection that try_acquire() would give at this time, if any.
  std::optional<Rejection> rejection(SteadyTime now) const;
  State state(SteadyTime now) const;
  // When it opened, failed trial calls included; nothing if it is closed.
  std::optional<SteadyTime> opened_at() const { return opened_at_; }

 private:
  void open(SteadyTime now, milliseconds cooldown);

  int failures_ = 0;
  std::string last_error_;
  std::optional<SteadyTime> opened_at_;
  bool trial_running_ = false;
  SteadyTime open_until_{};
  std::uint64_t generation_ = 0;
};

std::string_view name_of(CircuitBreaker::State state);

}  // namespace plenum::provider
