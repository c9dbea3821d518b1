#include "server/http/server/connection_limiter.h"

#include <netinet/in.h>

#include <cstring>

namespace plenum::http {

PeerKey peer_key(const sockaddr_storage& peer) {
  PeerKey key{};
  if (peer.ss_family == AF_INET) {
    std::memcpy(key.data(), &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, sizeof(in_addr));
  } else if (peer.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&address);
    std::memcpy(key.data(), address.s6_addr + (mapped ? 12 : 0), mapped ? 4 : key.size());
  }
  return key;
}

Permit::~Permit() {
  if (limiter_) limiter_->release(peer_);
}

Result<Permit> ConnectionLimiter::admit(const sockaddr_storage& peer, std::size_t subscribers) {
  if (open_.fetch_add(1, std::memory_order_relaxed) + subscribers >= connections_max_) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return Failure(Error{ErrorCode::busy, "The server is at its connection limit."});
  }
  const auto key = peer_key(peer);
  const bool fits = per_address_max_ == 0 || by_peer_.with([&](auto& counts) {
    auto& count = counts[key];
    if (count >= per_address_max_) return false;
    ++count;
    return true;
  });
  if (fits) return Permit(shared_from_this(), key);
  open_.fetch_sub(1, std::memory_order_relaxed);
  return Failure(Error{ErrorCode::too_many_connections, "This address is at its connection limit."});
}

void ConnectionLimiter::release(const PeerKey& peer) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  if (per_address_max_ == 0) return;
  by_peer_.with([&](auto& counts) {
    const auto found = counts.find(peer);
    if (found != counts.end() && --found->second == 0) counts.erase(found);
  });
}

}  // namespace plenum::http
