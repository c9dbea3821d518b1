// DNS results of the providers' hosts on one loop, cached for a short time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "server/provider/transport/dns_lookup_pool.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct DnsCacheOptions {
  std::chrono::milliseconds ttl{60'000};
  std::chrono::milliseconds negative_ttl{5'000};  // of failed lookups
  DnsLookupPool::ResolveFn resolve;               // empty: getaddrinfo
};

// For libcurl: `host:port:address,address`, with IPv6 addresses in brackets; empty without addresses. Any thread.
std::string pinned(const std::string& host, std::uint16_t port, const Addresses& addresses);

// Owner loop only. The thread pool of the lookups must have stopped before the loop is destroyed.
class DnsCache {
 public:
  using Callback = DnsLookupPool::Callback;

  DnsCache(runtime::EventLoop& loop, DnsLookupPool& lookups, DnsCacheOptions options = {});
  ~DnsCache();  // drops all waiting callbacks

  // The cached result of the host, if it has not expired.
  std::optional<Result<Addresses>> find(const std::string& host);
  // Looks the host up and calls `callback` later, on the loop. Concurrent calls for one host share one lookup.
  // Destroying the returned handle drops the callback; the callback may do so.
  [[nodiscard]] std::shared_ptr<void> fetch(const std::string& host, Callback callback);

 private:
  struct Host;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace plenum::provider
