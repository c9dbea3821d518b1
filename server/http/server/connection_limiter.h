// Limits the open connections, subscribers included, in total and per client address. Any thread.
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
#include "server/http/server/address_set.h"
#include "server/runtime/guarded.h"
#include "server/runtime/memory_budget.h"

namespace plenum::http {

// A client address: an IPv4 address, or the /64 of an IPv6 address, the unit that an internet provider assigns.
using PeerKey = std::array<std::uint8_t, 8>;
PeerKey peer_key(const sockaddr_storage& peer);

class ConnectionLimiter;

// One open connection. The destructor releases it.
class Permit {
 public:
  // peer: absent if its address has no limit.
  Permit(std::shared_ptr<ConnectionLimiter> limiter, std::optional<PeerKey> peer)
      : limiter_(std::move(limiter)), peer_(peer) {}
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) = delete;
  ~Permit();

 private:
  std::shared_ptr<ConnectionLimiter> limiter_;
  std::optional<PeerKey> peer_;
};

class ConnectionLimiter : public std::enable_shared_from_this<ConnectionLimiter> {
 public:
  // per_address_max 0: no limit per address. exempt: addresses without that limit.
  ConnectionLimiter(std::size_t connections_max, std::size_t per_address_max, AddressSet exempt,
                    std::shared_ptr<runtime::MemoryBudget> memory)
      : connections_max_(connections_max),
        per_address_max_(per_address_max),
        exempt_(std::move(exempt)),
        memory_(std::move(memory)) {}

  // Fails with busy at the total limit, with too_many_connections at the limit of this address.
  Result<Permit> admit(const sockaddr_storage& peer);
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  friend class Permit;
  void release(const std::optional<PeerKey>& peer);
  bool count(const PeerKey& peer);

  const std::size_t connections_max_;                         // set once
  const std::size_t per_address_max_;                         // set once
  const AddressSet exempt_;                                   // set once
  const std::shared_ptr<runtime::MemoryBudget> memory_;       // set once
  std::atomic<std::size_t> open_{0};                          // any thread
  runtime::Guarded<std::map<PeerKey, std::size_t>> by_peer_;  // guarded
};

}  // namespace plenum::http
