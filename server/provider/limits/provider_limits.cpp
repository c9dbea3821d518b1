#include "server/provider/limits/provider_limits.h"

#include "server/provider/registry.h"

namespace plenum::provider {

ProviderLimitsSet::ProviderLimitsSet(const Registry& registry, CircuitBreakerOptions breaker) {
  for (const auto& entry : registry.entries()) {
    const auto& info = entry.info;
    ProviderLimitsOptions options;
    options.turnstile = {info.concurrent_requests_max, info.requests_per_minute, entry.queue_max};
    options.breaker = breaker;
    options.retries_max = entry.retries_max;
    options.prices = entry.prices;
    gates_.emplace(info.name, std::make_unique<ProviderLimits>(info.name, std::move(options)));
  }
}

core::ProviderStatus ProviderLimitsSet::status(std::string_view provider, SteadyTime now) const {
  const auto found = gates_.find(provider);
  if (found == gates_.end()) return {};
  const auto counts = found->second->turnstile.counts();
  const auto refusal = found->second->breaker.refuses(now);
  return {name_of(found->second->breaker.state(now)), counts.in_flight, counts.waiting,
          refusal ? refusal->wait : milliseconds(0)};
}

}  // namespace plenum::provider
