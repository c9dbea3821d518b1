// Embeddings from one provider, on one loop. Its failures are logged, not reported to users: no task depends on one.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "server/core/embedder.h"
#include "server/provider/registry.h"
#include "server/provider/transport/dns_cache.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/scrubber.h"

namespace plenum::provider {

struct EmbeddingOptions {
  std::string provider;  // empty: none
  std::string model;
  milliseconds timeout{2'000};    // of a whole call
  milliseconds cooldown{30'000};  // after a failure: no call is made
  std::size_t calls_max = 256;    // open at the same time
};

// Whether the provider exists, has its key and computes embeddings. Any thread.
Result<void> check_embeddings(const Registry& registry, const EmbeddingOptions& options);

// Owner loop only. The call of a failed provider would delay every task by the timeout, so none is made for a while; a
// rejected text (400, 413, 422) is no such failure.
class EmbeddingClient final : public core::Embedder {
 public:
  // All references must outlive the client, and it must outlive its calls.
  EmbeddingClient(const RegistryEntry& entry, runtime::EventLoop& loop, Transfers& transfers, DnsCache& dns_cache,
                  redaction::Scrubber scrubber, EmbeddingOptions options);

  std::unique_ptr<core::EmbeddingCall> embed(std::string text, core::EmbeddingListener& listener) override;

 private:
  class Call;
  void on_failure(const Error& error, bool of_text);

  const RegistryEntry& entry_;  // set once, as everything down to headers_
  runtime::EventLoop& loop_;
  Transfers& transfers_;
  DnsCache& dns_cache_;
  const redaction::Scrubber scrubber_;
  const EmbeddingOptions options_;
  const RequestHeaders headers_;
  std::size_t open_ = 0;  // owner loop only, as everything below
  SteadyTime unavailable_until_{}, next_log_{};
};

}  // namespace plenum::provider
