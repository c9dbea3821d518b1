// Percent-encoding of one part of a URL. Any thread.
// Source: RFC 3986, 2.1 and 2.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum {

enum class HexDigits : std::uint8_t { upper, lower };

// All but unreserved bytes (letters, digits, `-._~`) as `%` and two digits; RFC 3986 wants upper ones.
std::string percent_encoded(std::string_view text, HexDigits digits = HexDigits::upper);

}  // namespace plenum
