// Percent-encoding of one part of a URL. Any thread.
// Source: RFC 3986, 2.1 and 2.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum {

enum class HexDigits : std::uint8_t { upper, lower };

// Encodes all bytes except unreserved ones (letters, digits, `-._~`). RFC 3986 recommends upper-case digits.
std::string percent_encoded(std::string_view text, HexDigits digits = HexDigits::upper);

}  // namespace plenum
