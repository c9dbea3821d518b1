#include "server/provider/transport/dns_cache.h"

#include <fmt/format.h>

#include <utility>

namespace plenum::provider {

std::string pinned(const std::string& host, std::uint16_t port, const Addresses& addresses) {
  if (addresses.empty()) return {};
  std::string text = fmt::format("{}:{}:", host, port);
  for (const auto& address : addresses) {
    if (text.back() != ':') text += ',';
    text += address.find(':') == std::string::npos ? address : fmt::format("[{}]", address);
  }
  return text;
}

struct DnsCache::Host {
  std::optional<Result<Addresses>> result;
  SteadyTime expires{};
  bool lookup_running = false;
  std::vector<std::weak_ptr<Callback>> waiting;
};

// Shared with running lookups, which hold it weakly: the cache may be destroyed before they return.
struct DnsCache::State : std::enable_shared_from_this<State> {
  State(runtime::EventLoop& owner_loop, DnsLookupPool& shared, DnsCacheOptions chosen)
      : loop(owner_loop), lookups(shared), options(std::move(chosen)) {
    if (!options.resolve) options.resolve = resolve_with_getaddrinfo;
  }

  void start_lookup(const std::string& host);
  void finish_lookup(const std::string& host, Result<Addresses> result);

  runtime::EventLoop& loop;                     // set once
  DnsLookupPool& lookups;                       // set once
  DnsCacheOptions options;                      // set once
  std::unordered_map<std::string, Host> hosts;  // owner loop only; as many as the configuration has
};

DnsCache::DnsCache(runtime::EventLoop& loop, DnsLookupPool& lookups, DnsCacheOptions options)
    : state_(std::make_shared<State>(loop, lookups, std::move(options))) {}
DnsCache::~DnsCache() = default;

std::optional<Result<Addresses>> DnsCache::find(const std::string& host) {
  state_->loop.assert_on_thread();
  const auto found = state_->hosts.find(host);
  if (found == state_->hosts.end() || !found->second.result) return std::nullopt;
  if (state_->loop.now() >= found->second.expires) return std::nullopt;
  return found->second.result;
}

std::shared_ptr<void> DnsCache::fetch(const std::string& host, Callback callback) {
  state_->loop.assert_on_thread();
  auto handle = std::make_shared<Callback>(std::move(callback));
  auto& entry = state_->hosts[host];
  entry.waiting.push_back(handle);
  if (!entry.lookup_running) {
    entry.lookup_running = true;
    state_->start_lookup(host);
  }
  return handle;
}

void DnsCache::State::start_lookup(const std::string& host) {
  const bool submitted = lookups.fetch(host, options.resolve,
                                       [weak = weak_from_this(), owner = &loop, host](const Result<Addresses>& found) {
                                         owner->post([weak, host, result = found]() mutable {
                                           if (const auto self = weak.lock())
                                             self->finish_lookup(host, std::move(result));
                                         });
                                       });
  if (submitted) return;
  loop.post([weak = weak_from_this(), host] {
    const Failure busy(
        Error{ErrorCode::transport, fmt::format("the DNS lookup queue is full; {} was not looked up", host)});
    if (const auto self = weak.lock()) self->finish_lookup(host, busy);
  });
}

void DnsCache::State::finish_lookup(const std::string& host, Result<Addresses> result) {
  const auto keep_alive = shared_from_this();  // a callback may destroy the cache
  auto& entry = hosts[host];
  entry.lookup_running = false;
  entry.expires = loop.now() + (result ? options.ttl : options.negative_ttl);
  entry.result = result;
  for (const auto& weak : std::exchange(entry.waiting, {})) {
    const auto callback = weak.lock();
    if (callback) (*callback)(result);
  }
}

}  // namespace plenum::provider
