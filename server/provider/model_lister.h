// Requests the lists of models of all providers and holds the latest ones. Every request goes to the base URL of its
// provider with that provider's key, as a model call does. An error of one provider affects only its own list.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "common/base/mutex.h"
#include "server/core/model_list.h"
#include "server/core/provider.h"
#include "server/provider/limits/provider_limits.h"
#include "server/provider/registry.h"
#include "server/provider/transport/dns_cache.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct ModelListerOptions {
  TransferOptions transfer;
  DnsCacheOptions dns_cache;
  redaction::Scrubber scrubber;                     // for error messages
  std::chrono::milliseconds list_timeout{10'000};   // of all pages of one list
  std::chrono::milliseconds settle_timeout{3'000};  // after start()
  int waiting_max = 2;                              // callers of refresh()
  std::size_t page_bytes_max = 8 * 1024 * 1024;     // of one response
  int pages_max = 10;                               // of one list
};

// The loop may run on any thread; it must have stopped before the destructor. All references must outlive the lister.
class ModelLister final : public core::ModelLists {
 public:
  ModelLister(runtime::EventLoop& loop, const Registry& registry, ProviderLimitsSet& limits, DnsLookupPool& dns_lookups,
              ModelListerOptions options = {});
  ~ModelLister() override;

  // Requests the lists on which the default model of a usable provider depends, or the prices of its models.
  void start();
  // Nothing waits for a list any more: the loop is about to stop. Any thread.
  void stop();

  std::shared_ptr<const core::ModelList> of(std::string_view provider) const override;
  bool is_missing(std::string_view provider, std::string_view model) const override;
  void settle() const override;
  void refresh() override;

 private:
  class Listing;

  // Lists that are not yet being requested.
  void request(const std::vector<const RegistryEntry*>& entries) EXCLUDES(mutex_);
  void begin(const RegistryEntry& entry);  // on the loop
  void end(const RegistryEntry& entry, core::ModelList list) EXCLUDES(mutex_);
  // Until no list is being requested.
  void wait_until(SteadyTime deadline) const EXCLUDES(mutex_);

  runtime::EventLoop& loop_;                                  // set once
  const Registry& registry_;                                  // set once
  ProviderLimitsSet& limits_;                                 // set once
  const ModelListerOptions options_;                          // set once
  Transfers transfers_;                                       // owner loop only
  DnsCache dns_cache_;                                        // owner loop only
  std::map<std::string, std::unique_ptr<Listing>> listings_;  // owner loop only: those that run
  mutable Mutex mutex_;
  mutable ConditionVariable ended_;
  std::map<std::string, std::shared_ptr<const core::ModelList>, std::less<>> lists_ GUARDED_BY(mutex_);
  std::set<std::string> requested_ GUARDED_BY(mutex_);  // names of the providers whose list is being requested
  SteadyTime settle_due_ GUARDED_BY(mutex_){};
  int waiting_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

// The registry together with the lists.
class LiveDirectory final : public core::ProviderDirectory {
 public:
  // Both must outlive it.
  LiveDirectory(const Registry& registry, ModelLister& lister) : registry_(registry), lister_(lister) {}
  const std::vector<core::ProviderInfo>& all() const override { return registry_.all(); }
  const core::ProviderInfo* find(std::string_view name) const override { return registry_.find(name); }
  core::ModelLists* lists() const override { return &lister_; }
  core::PriceFileInfo price_file() const override { return registry_.price_file(); }

 private:
  const Registry& registry_;  // set once
  ModelLister& lister_;       // set once
};

}  // namespace plenum::provider
