// A provider behind HTTP: joins name look-up, transfer and protocol to calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/provider/model_client.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/registry.h"
#include "server/provider/transport/dns_cache.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/scrubber.h"

namespace plenum::provider {

// Only its loop.
class RemoteProvider final : public ModelClient {
 public:
  // Everything must outlive the provider.
  RemoteProvider(const RegistryEntry& entry, const protocol::ProviderProtocol& protocol, runtime::EventLoop& loop,
                 Transfers& transfers, Resolver& resolver, redaction::Scrubber scrubber);

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) override;

 private:
  class Call;

  // The error as people may see it: named after its provider, without secrets, of bounded size.
  Error user_facing_error(Error error) const;
  // The bounds of the provider, where the request has none of its own.
  TransferBounds bounds_of(const core::ChatDeadlines& asked) const;
  std::string pinned(const Addresses& addresses) const;

  const RegistryEntry& entry_;                   // set once
  const protocol::ProviderProtocol& protocol_;   // set once
  runtime::EventLoop& loop_;                     // set once
  Transfers& transfers_;                         // set once
  Resolver& resolver_;                           // set once
  const redaction::Scrubber scrubber_;           // set once
  const RequestHeaders headers_;                 // set once
  std::vector<protocol::ProviderDelta> deltas_;  // only the owner loop: kept for its capacity
};

}  // namespace plenum::provider
