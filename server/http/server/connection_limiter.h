// How many connections may be open, in all and from one address. Any thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "common/base/error.h"
#include "common/base/result.h"
#include "server/runtime/guarded.h"

namespace plenum::http {

// Who is counted as one: an IPv4 address, or the /64 of an IPv6 address, which is what one
// subscriber gets.
using PeerKey = std::array<std::uint8_t, 8>;
PeerKey peer_key(const sockaddr_storage& peer);

class ConnectionLimiter;

// One open connection's place; gives it back when it is destroyed.
class Permit {
 public:
  Permit(std::shared_ptr<ConnectionLimiter> admission, const PeerKey& peer)
      : admission_(std::move(admission)), peer_(peer) {}
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) = delete;
  ~Permit();

 private:
  std::shared_ptr<ConnectionLimiter> admission_;
  PeerKey peer_;
};

class ConnectionLimiter : public std::enable_shared_from_this<ConnectionLimiter> {
 public:
  // per_address_max 0: no bound for one address.
  ConnectionLimiter(std::size_t connections_max, std::size_t per_address_max)
      : connections_max_(connections_max), per_address_max_(per_address_max) {}

  // A place, or busy when all are taken, or too_many_connections when this address has its share.
  // `readers`: connections that streams hold, which count against the whole.
  Result<Permit> admit(const sockaddr_storage& peer, std::size_t readers);
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  friend class Permit;
  void release(const PeerKey& peer);

  const std::size_t connections_max_;                         // set once
  const std::size_t per_address_max_;                         // set once
  std::atomic<std::size_t> open_{0};                          // any thread
  runtime::Guarded<std::map<PeerKey, std::size_t>> by_peer_;  // guarded
};

}  // namespace plenum::http
