// A provider's base URL. The parser is strict: an invalid URL is rejected at startup instead of being guessed at by a
// library later.
// Source: RFC 3986, 3.2 and 3.3; only the subset that a provider needs is allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::provider {

struct BaseUrl {
  bool encrypted = true;  // https
  std::string host;       // lower case; an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string path;  // starts with `/` or is empty; no trailing `/`

  bool is_this_machine() const;  // a loopback address or localhost
  std::string str() const;
};

// `host`, `host:port`, `[address]` or `[address]:port`. The host becomes lower case, without brackets; without a
// port, `port` is unchanged. False if it is none of them. Any thread.
bool read_authority(std::string_view text, std::string& host, std::uint16_t& port);

// Fails with config_invalid; credentials, queries and fragments are rejected. Any thread.
Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace plenum::provider
