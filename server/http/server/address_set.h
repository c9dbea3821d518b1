// Network addresses, single ones and blocks in CIDR notation. A value: any thread.
// Source: RFC 4632, 3.1; RFC 4291, 2.3 and 2.5.5.2 (IPv4-mapped addresses).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace plenum::http {

class AddressSet {
 public:
  // `127.0.0.0/8`, `::1`. Fails with config_invalid, which names the entry.
  static Result<AddressSet> parse(const std::vector<std::string>& entries);

  bool contains(const sockaddr_storage& address) const;

 private:
  // IPv4 addresses are mapped into IPv6.
  using Bytes = std::array<std::uint8_t, 16>;
  struct Block {
    Bytes address{};
    int bits = 0;
  };
  static bool parse(const std::string& entry, Block& block);

  std::vector<Block> blocks_;
};

}  // namespace plenum::http
