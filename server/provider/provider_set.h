// The providers of the directory on one loop: what the engine's runs call.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "server/core/provider.h"
#include "server/provider/limits/provider_limits.h"
#include "server/provider/model_client.h"
#include "server/provider/offline/offline_provider.h"
#include "server/provider/registry.h"
#include "server/provider/transport/dns_cache.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct ProviderSetOptions {
  TransferOptions transfer;
  ResolverOptions resolver;
  OfflineOptions offline;
  std::uint64_t seed = 0;        // of the random part of waits; each loop should have its own
  redaction::Scrubber scrubber;  // for all that providers say
};

// Only its loop. The loop, the registry, its gates and the look-ups must outlive it, and it must outlive its calls.
class ProviderSet final : public core::Providers {
 public:
  ProviderSet(runtime::EventLoop& loop, const Registry& registry, ProviderLimitsSet& gates, DnsLookupPool& dns_lookups,
              ProviderSetOptions options = {});
  ~ProviderSet() override;

  // A provider that the registry does not know, or whose key is missing, ends the call with an error.
  std::unique_ptr<core::ChatCall> start(std::string_view provider, core::ChatRequest request,
                                        core::ChatListener& listener) override;

 private:
  class Refused;

  runtime::EventLoop& loop_;                                                 // set once
  const Registry& registry_;                                                 // set once
  Transfers transfers_;                                                      // only the owner loop
  Resolver resolver_;                                                        // only the owner loop
  std::unordered_map<std::string, std::unique_ptr<ModelClient>> providers_;  // set once
};

}  // namespace plenum::provider
