#include "common/base/percent.h"

#include "common/base/strings.h"

namespace plenum {

namespace {

bool is_unreserved(char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~'; }

}  // namespace

std::string percent_encoded(std::string_view text, HexDigits digits) {
  const std::string_view hex = digits == HexDigits::upper ? "0123456789ABCDEF" : hex_digits;
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append("%").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
  }
  return out;
}

}  // namespace plenum
