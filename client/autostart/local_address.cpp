#include "client/autostart/local_address.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace plenum::client {
namespace {

// 0 for a text that is no port.
std::uint16_t port_from(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return fault == std::errc() && end == digits.data() + digits.size() ? port : 0;
}

}  // namespace

LocalAddress local_address(std::string_view listen) {
  const auto colon = listen.rfind(':');
  if (colon == listen.npos || colon == 0) return {};
  const std::string_view host = listen.substr(0, colon);
  const std::uint16_t port = port_from(listen.substr(colon + 1));
  const bool is_ipv6 = host.front() == '[' && host.back() == ']';
  if (port == 0 || host.find_first_of("/ \t@?#") != host.npos || (!is_ipv6 && host.find(':') != host.npos)) return {};
  const std::string_view reached = host == "0.0.0.0" ? "127.0.0.1" : host == "[::]" ? "[::1]" : host;
  return {std::string(listen), fmt::format("http://{}:{}", reached, port)};
}

}  // namespace plenum::client
