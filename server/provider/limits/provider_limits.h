// What all loops share of each provider: who may go in, whether it is well, how many retries are left. Made
// once beside the registry; the provider sets of all loops use it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/core/provider.h"
#include "server/provider/limits/circuit_breaker.h"
#include "server/provider/limits/concurrency_limiter.h"
#include "server/provider/limits/price_table.h"
#include "server/provider/limits/retry_policy.h"

namespace plenum::provider {

class Registry;

struct ProviderLimitsOptions {
  ConcurrencyLimiterOptions turnstile{};
  CircuitBreakerOptions breaker{};
  int retries_max = 2;
  PriceTable prices{};
};

// Of one provider. Any thread.
struct ProviderLimits {
  ProviderLimits(std::string provider, ProviderLimitsOptions options)
      : name(std::move(provider)),
        retries_max(options.retries_max),
        prices(std::move(options.prices)),
        turnstile(options.turnstile),
        breaker(options.breaker) {}

  const std::string name;        // set once
  const int retries_max;         // set once
  const PriceTable prices;       // set once
  ConcurrencyLimiter turnstile;  // any thread
  CircuitBreaker breaker;        // any thread
  RetryBudget budget;            // any thread
};

// Must outlive the provider sets and their calls. Any thread.
class ProviderLimitsSet final : public core::ProviderMonitor {
 public:
  explicit ProviderLimitsSet(const Registry& registry, CircuitBreakerOptions breaker = {});

  // The provider must be in the registry.
  ProviderLimits& of(std::string_view provider) const { return *gates_.find(provider)->second; }
  core::ProviderStatus status(std::string_view provider, SteadyTime now) const override;

 private:
  std::map<std::string, std::unique_ptr<ProviderLimits>, std::less<>> gates_;  // set once
};

}  // namespace plenum::provider
