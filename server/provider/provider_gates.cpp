#include "server/provider/provider_gates.h"

#include "server/provider/registry.h"

namespace plenum::provider {

ProviderGates::ProviderGates(const Registry& registry, BreakerOptions breaker) {
  for (const auto& entry : registry.entries()) {
    const auto& info = entry.info;
    GateOptions options;
    options.turnstile = {info.parallel_max, info.requests_per_minute, entry.queue_max};
    options.breaker = breaker;
    options.retries_max = entry.retries_max;
    options.prices = entry.prices;
    gates_.emplace(info.name, std::make_unique<ProviderGate>(info.name, std::move(options)));
  }
}

core::ProviderStatus ProviderGates::status(std::string_view provider, SteadyTime now) const {
  const auto found = gates_.find(provider);
  if (found == gates_.end()) return {};
  const auto counts = found->second->turnstile.counts();
  const auto refusal = found->second->breaker.refuses(now);
  return {name_of(found->second->breaker.state(now)), counts.in_flight, counts.waiting,
          refusal ? refusal->wait : milliseconds(0)};
}

}  // namespace plenum::provider
