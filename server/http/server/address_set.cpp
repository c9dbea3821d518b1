#include "server/http/server/address_set.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace plenum::http {
namespace {

constexpr int mapped_bits = 96;  // ::ffff:0:0/96

void map_ipv4(const void* address, std::array<std::uint8_t, 16>& bytes) {
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, address, 4);
}

}  // namespace

bool AddressSet::parse(const std::string& entry, Block& block) {
  const auto slash = entry.find('/');
  const std::string address = entry.substr(0, slash);
  int low = 0;
  std::array<std::uint8_t, 4> ipv4{};
  if (::inet_pton(AF_INET, address.c_str(), ipv4.data()) == 1) {
    map_ipv4(ipv4.data(), block.address);
    low = mapped_bits;
  } else if (::inet_pton(AF_INET6, address.c_str(), block.address.data()) != 1) {
    return false;
  }
  block.bits = 128;
  if (slash == std::string::npos) return true;
  const char* const begin = entry.data() + slash + 1;
  const char* const end = entry.data() + entry.size();
  int bits = 0;
  const auto parsed = std::from_chars(begin, end, bits);
  block.bits = low + bits;
  return parsed.ec == std::errc{} && parsed.ptr == end && bits >= 0 && block.bits <= 128;
}

Result<AddressSet> AddressSet::parse(const std::vector<std::string>& entries) {
  AddressSet set;
  for (const std::string& entry : entries) {
    Block block;
    if (!parse(entry, block)) {
      return Failure(Error{ErrorCode::config_invalid, fmt::format("\"{}\" is not an address or a block", entry),
                           "Use forms such as 10.0.0.7, 10.0.0.0/8 or ::1."});
    }
    set.blocks_.push_back(block);
  }
  return set;
}

bool AddressSet::contains(const sockaddr_storage& address) const {
  Bytes bytes{};
  if (address.ss_family == AF_INET) {
    map_ipv4(&reinterpret_cast<const sockaddr_in&>(address).sin_addr, bytes);
  } else if (address.ss_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, bytes.size());
  } else {
    return false;
  }
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
    const auto whole = static_cast<std::size_t>(block.bits / 8);
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), block.address.begin())) {
      return false;
    }
    const int rest = block.bits % 8;
    return rest == 0 || ((bytes[whole] ^ block.address[whole]) >> (8 - rest)) == 0;
  });
}

}  // namespace plenum::http
