// What all loops share of each provider: who may go in, whether it is well, how many retries are left. Made
// once beside the registry; the provider sets of all loops use it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/core/provider.h"
#include "server/provider/breaker.h"
#include "server/provider/prices.h"
#include "server/provider/retry.h"
#include "server/provider/turnstile.h"

namespace plenum::provider {

class Registry;

struct GateOptions {
  TurnstileOptions turnstile{};
  BreakerOptions breaker{};
  int retries_max = 2;
  PriceTable prices{};
};

// Of one provider. Any thread.
struct ProviderGate {
  ProviderGate(std::string provider, GateOptions options)
      : name(std::move(provider)),
        retries_max(options.retries_max),
        prices(std::move(options.prices)),
        turnstile(options.turnstile),
        breaker(options.breaker) {}

  const std::string name;   // set once
  const int retries_max;    // set once
  const PriceTable prices;  // set once
  Turnstile turnstile;      // any thread
  Breaker breaker;          // any thread
  RetryBudget budget;       // any thread
};

// Must outlive the provider sets and their calls. Any thread.
class ProviderGates final : public core::ProviderMonitor {
 public:
  explicit ProviderGates(const Registry& registry, BreakerOptions breaker = {});

  // The provider must be in the registry.
  ProviderGate& of(std::string_view provider) const { return *gates_.find(provider)->second; }
  core::ProviderStatus status(std::string_view provider, SteadyTime now) const override;

 private:
  std::map<std::string, std::unique_ptr<ProviderGate>, std::less<>> gates_;  // set once
};

}  // namespace plenum::provider
