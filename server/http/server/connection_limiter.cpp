#include "server/http/server/connection_limiter.h"

#include <netinet/in.h>

#include <cstring>

namespace plenum::http {
namespace {

constexpr std::size_t connection_bytes = 2048;  // of one that is idle, without the buffers of the kernel

}  // namespace

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

bool ConnectionLimiter::count(const PeerKey& peer) {
  return by_peer_.with([&](auto& counts) {
    auto& count = counts[peer];
    if (count >= per_address_max_) return false;
    ++count;
    return true;
  });
}

Result<Permit> ConnectionLimiter::admit(const sockaddr_storage& peer) {
  if (open_.fetch_add(1, std::memory_order_relaxed) >= connections_max_) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return Failure(Error{ErrorCode::busy, "The server is at its connection limit."});
  }
  std::optional<PeerKey> counted;
  if (per_address_max_ > 0 && !exempt_.contains(peer)) counted = peer_key(peer);
  if (counted && !count(*counted)) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return Failure(Error{ErrorCode::too_many_connections, "This address is at its connection limit."});
  }
  memory_->add(runtime::MemoryKind::connections, connection_bytes);
  return Permit(shared_from_this(), counted);
}

void ConnectionLimiter::release(const std::optional<PeerKey>& peer) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  memory_->remove(runtime::MemoryKind::connections, connection_bytes);
  if (!peer) return;
  by_peer_.with([&](auto& counts) {
    const auto found = counts.find(*peer);
    if (found != counts.end() && --found->second == 0) counts.erase(found);
  });
}

}  // namespace plenum::http
