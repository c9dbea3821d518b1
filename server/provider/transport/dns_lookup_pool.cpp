#include "server/provider/transport/dns_lookup_pool.h"

#include <algorithm>
#include <utility>

namespace plenum::provider {

unsigned dns_lookup_threads(std::size_t hosts) { return static_cast<unsigned>(std::clamp<std::size_t>(hosts, 4, 32)); }

bool DnsLookupPool::fetch(const std::string& host, const Ask& ask, Tell tell) {
  std::lock_guard lock(under_way_->mutex);
  const auto [place, first] = under_way_->hosts.try_emplace(host);
  if (!first) {
    place->second.push_back(std::move(tell));
    return true;
  }
  const bool taken = helpers_.submit([shared = under_way_, host, ask] {
    const auto answer = ask(host);
    std::vector<Tell> told;
    {
      std::lock_guard guard(shared->mutex);
      const auto mine = shared->hosts.find(host);
      told = std::move(mine->second);
      shared->hosts.erase(mine);
    }
    for (const auto& one : told) one(answer);
  });
  if (!taken) {
    under_way_->hosts.erase(place);
    return false;
  }
  place->second.push_back(std::move(tell));
  return true;
}

}  // namespace plenum::provider
