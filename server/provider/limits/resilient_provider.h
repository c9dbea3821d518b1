// Calls with limits: waits for a slot, checks the circuit breaker, makes the attempt, repeats it without rejected
// parameters, retries it where that helps, and determines the cost. The client that makes the attempts knows nothing of
// this.
#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include "server/core/model_client.h"
#include "server/provider/limits/provider_limits.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

// Owner loop only. The loop and the limits must outlive it, and it must outlive its calls.
class ResilientProvider final {
 public:
  // `seed`: of the jitter.
  ResilientProvider(runtime::EventLoop& loop, ProviderLimits& limits, std::unique_ptr<core::ModelClient> client,
                    std::uint64_t seed);

  // As core::Providers::start.
  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener);

 private:
  class Call;

  runtime::EventLoop& loop_;                         // set once
  ProviderLimits& limits_;                           // set once
  const std::unique_ptr<core::ModelClient> client_;  // set once
  std::mt19937_64 random_;                           // owner loop only
};

}  // namespace plenum::provider
