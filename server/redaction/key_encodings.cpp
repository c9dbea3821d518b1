#include "server/redaction/key_encodings.h"

#include <algorithm>

#include "common/base/percent.h"

namespace plenum::redaction {

namespace {

constexpr std::string_view hex_lower = "0123456789abcdef";
constexpr std::string_view hex_upper = "0123456789ABCDEF";
constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void append_hex(std::string& out, char byte, std::string_view digits) {
  const auto value = static_cast<unsigned char>(byte);
  out += digits[value >> 4];
  out += digits[value & 15];
}

std::string in_hex(std::string_view key, std::string_view digits) {
  std::string out;
  for (const char byte : key) append_hex(out, byte, digits);
  return out;
}

// Some writers escape the solidus, others do not.
std::string in_json(std::string_view key, bool solidus) {
  std::string out;
  for (const char byte : key) {
    if (byte == '"' || byte == '\\' || (solidus && byte == '/')) out += '\\';
    out += byte;
  }
  return out;
}

// As the name of a member in a JSON pointer, as in validation errors.
std::string in_pointer(std::string_view key) {
  std::string out;
  for (const char byte : key) {
    if (byte == '~') {
      out += "~0";
    } else if (byte == '/') {
      out += "~1";
    } else {
      out += byte;
    }
  }
  return out;
}

// Six bits from `first_bit`, of a text in which the key starts after `before` other bytes.
unsigned six_bits(std::string_view key, std::size_t before, std::size_t first_bit) {
  unsigned value = 0;
  for (std::size_t bit = first_bit; bit < first_bit + 6; ++bit) {
    const auto byte = static_cast<unsigned char>(key[bit / 8 - before]);
    value = value << 1 | (byte >> (7 - bit % 8) & 1U);
  }
  return value;
}

std::string in_base64(std::string_view key, std::size_t before, std::string_view alphabet) {
  std::string out;
  const std::size_t first = (before * 8 + 5) / 6, end = (before + key.size()) * 8 / 6;
  for (std::size_t i = first; i < end; ++i) out += alphabet[six_bits(key, before, i * 6)];
  return out;
}

}  // namespace

std::vector<std::string> encodings_of(std::string_view key) {
  std::vector<std::string> all = {std::string(key),
                                  in_json(key, false),
                                  in_json(key, true),
                                  percent_encoded(key),
                                  percent_encoded(key, HexDigits::lower),
                                  in_hex(key, hex_lower),
                                  in_hex(key, hex_upper)};
  all.push_back(in_pointer(key));
  all.push_back(in_json(in_pointer(key), false));
  // JSON inside a JSON string.
  all.push_back(in_json(in_json(key, false), false));
  all.push_back(in_json(in_json(key, true), false));
  for (std::size_t before = 0; before < 3; ++before) {
    all.push_back(in_base64(key, before, base64));
    all.push_back(in_base64(key, before, base64url));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace plenum::redaction
