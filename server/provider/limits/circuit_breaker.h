// Stops asking a provider that is down, and asks again, with one call, after a while. Every call to a dead
// provider costs its task a whole timeout; and a provider that comes back must not be met by all at once.
// Source: Nygard, "Release It!", circuit breaker. Time is passed in: nothing here waits or reads a clock.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace plenum::provider {

struct CircuitBreakerOptions {
  int failures_max = 5;       // in a row
  milliseconds open{30'000};  // then one call is let through
};

// What an ended attempt says about its provider.
enum class Health : std::uint8_t {
  good,     // it answers, be it with a refusal of this very call
  bad,      // it does not answer as a provider in order does
  neither,  // cannot be told: cancelled, or broken in a way that says nothing of the next call
};
// overloaded, timeout, transport and server are bad. rate_limit, billing, authentication, invalid_request
// and content_filter come from a provider that works. truncated and malformed are neither: an answer had
// begun, or what answers is no API. Nothing: a whole answer. Pure; any thread.
Health health_of(const std::optional<Error>& error);

// One for each provider, shared by all loops. Any thread.
class CircuitBreaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };

  // Who was let through. Must be given back exactly once, by settle().
  struct CallToken {
    std::uint64_t era = 0;  // results of calls that began before the breaker changed say nothing new
    bool probe = false;
  };
  struct Refusal {
    int failures = 0;      // in a row
    std::string last;      // what the last one said
    milliseconds wait{0};  // until a call may be let through
  };

  explicit CircuitBreaker(CircuitBreakerOptions options = {}) : options_(options) {}

  // A pass, or nothing, and then the reason.
  std::optional<CallToken> enter(SteadyTime now, Refusal& why);
  // How the attempt went; `why` is kept for refusals when it went badly. True when this has opened it.
  bool settle(CallToken pass, Health health, std::string_view why, SteadyTime now);
  // The refusal that enter() would give at this time, as things stand.
  std::optional<Refusal> refuses(SteadyTime now) const;
  State state(SteadyTime now) const;

 private:
  void open(SteadyTime now);
  std::optional<Refusal> refusal(SteadyTime now) const;

  const CircuitBreakerOptions options_;  // set once
  mutable std::mutex mutex_;
  int failures_ = 0;         // guarded by mutex_
  std::string last_;         // guarded by mutex_
  bool opened_ = false;      // guarded by mutex_
  bool probing_ = false;     // guarded by mutex_
  SteadyTime open_until_{};  // guarded by mutex_
  std::uint64_t era_ = 0;    // guarded by mutex_
};

std::string_view name_of(CircuitBreaker::State state);

}  // namespace plenum::provider
