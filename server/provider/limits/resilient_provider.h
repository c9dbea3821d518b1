// A provider with its limits: waits for a slot, asks the breaker, makes the attempt, makes it again when
// that may help, and says what the call cost. Whatever stands behind it knows of none of this.
#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include "server/provider/limits/provider_limits.h"
#include "server/provider/model_client.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

// Only its loop. The loop and the gate must outlive it, and it must outlive its calls.
class ResilientProvider final : public ModelClient {
 public:
  // `seed`: of the random part of waits.
  ResilientProvider(runtime::EventLoop& loop, ProviderLimits& gate, std::unique_ptr<ModelClient> inner,
                    std::uint64_t seed);

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) override;

 private:
  class Call;

  runtime::EventLoop& loop_;                  // set once
  ProviderLimits& gate_;                      // set once
  const std::unique_ptr<ModelClient> inner_;  // set once
  std::mt19937_64 random_;                    // only the owner loop
};

}  // namespace plenum::provider
