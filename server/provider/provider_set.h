// All configured providers on one loop, with their limits. Used by the runs of that loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "server/core/provider.h"
#include "server/provider/embedding_client.h"
#include "server/provider/limits/provider_limits.h"
#include "server/provider/limits/resilient_provider.h"
#include "server/provider/offline/offline_provider.h"
#include "server/provider/registry.h"
#include "server/provider/transport/dns_cache.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct ProviderSetOptions {
  TransferOptions transfer;
  DnsCacheOptions dns_cache;
  OfflineOptions offline;
  std::uint64_t seed = 0;        // of the jitter; a different one for each loop
  redaction::Scrubber scrubber;  // for everything received from providers
  EmbeddingOptions embeddings{};
};

// Owner loop only. The loop, the registry, the limits and the lookups must outlive it, and it must outlive its calls.
class ProviderSet final : public core::Providers {
 public:
  ProviderSet(runtime::EventLoop& loop, const Registry& registry, ProviderLimitsSet& limits, DnsLookupPool& dns_lookups,
              ProviderSetOptions options = {});
  ~ProviderSet() override;

  // An unknown provider, or one without its key, ends the call with an error.
  std::unique_ptr<core::ChatCall> start(std::string_view provider, core::ChatRequest request,
                                        core::ChatListener& listener) override;
  core::Embedder* embedder() override { return embeddings_.get(); }

 private:
  class FailedCall;

  runtime::EventLoop& loop_;                                                       // set once
  const Registry& registry_;                                                       // set once
  Transfers transfers_;                                                            // owner loop only
  DnsCache dns_cache_;                                                             // owner loop only
  std::unordered_map<std::string, std::unique_ptr<ResilientProvider>> providers_;  // set once
  std::unique_ptr<EmbeddingClient> embeddings_;                                    // set once; null: none
};

}  // namespace plenum::provider
