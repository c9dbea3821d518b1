#include "server/provider/limits/provider_limits.h"

#include <utility>

namespace plenum::provider {

ProviderLimitsSet::ProviderLimitsSet(std::vector<ProviderLimitsOptions> providers) {
  for (auto& options : providers) {
    const std::string name = options.provider;
    limits_.emplace(name, std::make_unique<ProviderLimits>(std::move(options)));
  }
}

core::ProviderStatus ProviderLimitsSet::status(std::string_view provider, SteadyTime now) const {
  const auto found = limits_.find(provider);
  if (found == limits_.end()) return {};
  const auto counts = found->second->limiter.counts();
  auto breakers = found->second->breakers.status(now);
  return {name_of(breakers.state), counts.in_flight, counts.waiting, breakers.retry_in,
          std::move(breakers.open_models)};
}

}  // namespace plenum::provider
