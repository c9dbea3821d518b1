#include "server/provider/transport/dns_lookup_pool.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/provider/transport/proxy.h"

namespace plenum::provider {

unsigned dns_lookup_threads(std::size_t hosts) { return static_cast<unsigned>(std::clamp<std::size_t>(hosts, 4, 32)); }

bool needs_no_lookup(const std::string& host) {
  in_addr four;
  in6_addr six;
  return host == "localhost" || inet_pton(AF_INET, host.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

Result<Addresses> resolve_with_getaddrinfo(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int fault = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (fault != 0) {
    return Failure(Error{ErrorCode::transport, fmt::format("DNS lookup of {} failed: {}", host, gai_strerror(fault)),
                         fmt::format("Check base_url and the DNS configuration of this machine. {}", proxy_hint)});
  }
  Addresses addresses;
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text.data());
    }
  }
  freeaddrinfo(list);
  if (addresses.empty()) return Failure(Error{ErrorCode::transport, fmt::format("{} has no address", host)});
  return addresses;
}

bool DnsLookupPool::fetch(const std::string& host, const ResolveFn& resolve, Callback callback) {
  InProgress& in_progress = *in_progress_;
  const MutexLock lock(in_progress.mutex);
  const auto [entry, is_first] = in_progress.hosts.try_emplace(host);
  if (!is_first) {
    entry->second.push_back(std::move(callback));
    return true;
  }
  const bool submitted = threads_.submit([shared = in_progress_, host, resolve] {
    const auto result = resolve(host);
    std::vector<Callback> callbacks;
    {
      InProgress& state = *shared;
      const MutexLock inner(state.mutex);
      const auto own = state.hosts.find(host);
      callbacks = std::move(own->second);
      state.hosts.erase(own);
    }
    for (const auto& each : callbacks) each(result);
  });
  if (!submitted) {
    in_progress.hosts.erase(entry);
    return false;
  }
  entry->second.push_back(std::move(callback));
  return true;
}

}  // namespace plenum::provider
