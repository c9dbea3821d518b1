// State of each provider that all loops share: limits, circuit breakers, rejected parameters, retry budget, prices.
// Built once; the provider sets of all loops use it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/model_price.h"
#include "server/core/provider.h"
#include "server/provider/limits/concurrency_limiter.h"
#include "server/provider/limits/missing_models.h"
#include "server/provider/limits/model_breakers.h"
#include "server/provider/limits/restriction_table.h"
#include "server/provider/limits/retry_budget.h"

namespace plenum::provider {

struct ProviderLimitsOptions {
  std::string provider{};
  ConcurrencyLimiterOptions concurrency{};
  CircuitBreakerOptions breaker{};
  int retries_max = 2;
  std::shared_ptr<const core::ModelPrices> prices{};  // null: none is known
};

// Of one provider. Any thread.
struct ProviderLimits {
  explicit ProviderLimits(ProviderLimitsOptions options)
      : provider(std::move(options.provider)),
        retries_max(options.retries_max),
        prices(std::move(options.prices)),
        limiter(options.concurrency),
        breakers(options.breaker) {}

  const std::string provider;                             // set once
  const int retries_max;                                  // set once
  const std::shared_ptr<const core::ModelPrices> prices;  // set once
  ConcurrencyLimiter limiter;                             // any thread
  ModelBreakers breakers;                                 // any thread
  RestrictionTable restrictions;                          // any thread
  MissingModels missing_models;                           // any thread
  RetryBudget retry_budget;                               // any thread
};

// Must outlive the provider sets and their calls. Any thread.
class ProviderLimitsSet final : public core::ProviderMonitor {
 public:
  explicit ProviderLimitsSet(std::vector<ProviderLimitsOptions> providers);

  // The provider must be one of those given to the constructor.
  ProviderLimits& of(std::string_view provider) const { return *limits_.find(provider)->second; }
  core::ProviderStatus status(std::string_view provider, SteadyTime now) const override;

 private:
  std::map<std::string, std::unique_ptr<ProviderLimits>, std::less<>> limits_;  // set once
};

}  // namespace plenum::provider
