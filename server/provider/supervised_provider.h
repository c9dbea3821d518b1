// A provider with its limits: waits for a slot, asks the breaker, makes the attempt, makes it again when
// that may help, and says what the call cost. Whatever stands behind it knows of none of this.
#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include "server/provider/provider.h"
#include "server/provider/provider_gates.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

// Only its loop. The loop and the gate must outlive it, and it must outlive its calls.
class SupervisedProvider final : public Provider {
 public:
  // `seed`: of the random part of waits.
  SupervisedProvider(runtime::EventLoop& loop, ProviderGate& gate, std::unique_ptr<Provider> inner, std::uint64_t seed);

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) override;

 private:
  class Call;

  runtime::EventLoop& loop_;               // set once
  ProviderGate& gate_;                     // set once
  const std::unique_ptr<Provider> inner_;  // set once
  std::mt19937_64 random_;                 // only the home loop
};

}  // namespace plenum::provider
