// The circuit breakers of one provider, one for each model: behind one key there may be many models, and a failing one
// must not stop calls to the others. Shared by all loops. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "server/provider/limits/circuit_breaker.h"
#include "server/provider/limits/model_table.h"

namespace plenum::provider {

class ModelBreakers {
 public:
  // Permission for one call. Must be passed to report() exactly once.
  struct Permit {
    std::string model;
    CircuitBreaker::CallToken token;
    bool tracked = true;  // false: the table was full, and the call has no breaker
  };
  // The provider as a whole, or its only model.
  struct Status {
    CircuitBreaker::State state = CircuitBreaker::State::closed;
    milliseconds retry_in{0};
    std::vector<std::string> open_models{};  // those that reject calls now
  };

  explicit ModelBreakers(CircuitBreakerOptions options = {}) : options_(options) {}

  // As in CircuitBreaker, for one model.
  std::optional<Permit> try_acquire(std::string_view model, SteadyTime now, CircuitBreaker::Rejection& why);
  bool report(const Permit& permit, Outcome outcome, std::string_view error, SteadyTime now);
  std::optional<CircuitBreaker::Rejection> rejection(std::string_view model, SteadyTime now) const;

  Status status(SteadyTime now) const;

 private:
  struct Model {
    CircuitBreaker breaker;
    int in_flight = 0;
    SteadyTime succeeded = SteadyTime::min();  // last
  };

  // At least two models are open, and no other one, except `model`, has calls in flight or has succeeded since the
  // first of them opened. The failures are then those of the provider: further models open after one failure.
  bool all_open_except(std::string_view model) const REQUIRES(mutex_);

  const CircuitBreakerOptions options_;  // set once
  mutable Mutex mutex_;
  ModelTable<Model> models_ GUARDED_BY(mutex_);
};

}  // namespace plenum::provider
