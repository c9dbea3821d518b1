// A provider behind HTTP: makes attempts from DNS lookup, transfer, protocol and redaction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/core/model_client.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/registry.h"
#include "server/provider/transport/dns_cache.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/scrubber.h"

namespace plenum::provider {

// Owner loop only.
class RemoteProvider final : public core::ModelClient {
 public:
  // Everything must outlive the provider.
  RemoteProvider(const RegistryEntry& entry, const protocol::ProviderProtocol& protocol, runtime::EventLoop& loop,
                 Transfers& transfers, DnsCache& dns_cache, redaction::Scrubber scrubber);

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::DeltaListener& deltas,
                                        core::AttemptListener& attempt) override;

 private:
  class Call;

  // The error as users may see it: prefixed with the provider's name, without secrets, of limited size.
  Error user_facing_error(Error error) const;
  // The limits of the provider, overridden by those of the request.
  TransferLimits limits_for(const core::ChatDeadlines& requested) const;

  const RegistryEntry& entry_;                   // set once
  const protocol::ProviderProtocol& protocol_;   // set once
  runtime::EventLoop& loop_;                     // set once
  Transfers& transfers_;                         // set once
  DnsCache& dns_cache_;                          // set once
  const redaction::Scrubber scrubber_;           // set once
  const RequestHeaders headers_;                 // set once
  std::vector<protocol::ProviderDelta> deltas_;  // owner loop only: reused for its capacity
};

}  // namespace plenum::provider
