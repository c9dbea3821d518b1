#include "server/provider/limits/provider_limits.h"

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
  const auto rejection = found->second->breaker.rejection(now);
  return {name_of(found->second->breaker.state(now)), counts.in_flight, counts.waiting,
          rejection ? rejection->retry_in : milliseconds(0)};
}

}  // namespace plenum::provider
