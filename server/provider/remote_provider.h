// A provider behind HTTP: joins name look-up, transfer and dialect to calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/provider/provider.h"
#include "server/provider/registry.h"
#include "server/provider/resolver.h"
#include "server/provider/transfer.h"
#include "server/secret/scrubber.h"
#include "server/wire/dialect.h"

namespace plenum::provider {

// Only its loop.
class RemoteProvider final : public Provider {
 public:
  // Everything must outlive the provider.
  RemoteProvider(const RegistryEntry& entry, const wire::Dialect& dialect, runtime::EventLoop& loop,
                 Transfers& transfers, Resolver& resolver, secret::Scrubber scrubber);

  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) override;

 private:
  class Call;

  // The error as people may see it: named after its provider, without secrets, of bounded size.
  Error presentable(Error error) const;
  // The bounds of the provider, where the request has none of its own.
  TransferBounds bounds_of(const core::ChatDeadlines& asked) const;
  std::string pinned(const Addresses& addresses) const;

  const RegistryEntry& entry_;           // set once
  const wire::Dialect& dialect_;         // set once
  runtime::EventLoop& loop_;             // set once
  Transfers& transfers_;                 // set once
  Resolver& resolver_;                   // set once
  const secret::Scrubber scrubber_;      // set once
  const RequestHeaders headers_;         // set once
  std::vector<wire::WireDelta> deltas_;  // only the home loop: kept for its capacity
};

}  // namespace plenum::provider
