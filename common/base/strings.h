// Helpers for ASCII text, independent of the locale. Any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace plenum {

inline constexpr std::string_view blanks = " \t\r\n";
inline constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
constexpr bool is_lower_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
constexpr bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }
// The value of a hexadecimal digit; c must be one.
constexpr int hex_value(char c) { return is_digit(c) ? c - '0' : lower(c) - 'a' + 10; }

// Two lower-case hexadecimal digits.
inline void append_hex(std::string& out, unsigned char byte) {
  out.push_back(hex_digits[byte >> 4]);
  out.push_back(hex_digits[byte & 0x0F]);
}

inline std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

constexpr bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

// The text without the characters of `dropped` at either end.
constexpr std::string_view trimmed(std::string_view text, std::string_view dropped = blanks) {
  const auto first = text.find_first_not_of(dropped);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(dropped) - first + 1);
}

constexpr bool is_blank(std::string_view text) { return text.find_first_not_of(blanks) == std::string_view::npos; }

// Calls f with each word between blanks, in order, until f returns false. Returns whether it saw every word.
template <class F>
bool each_word(std::string_view text, F&& f) {
  for (std::size_t begin = 0; (begin = text.find_first_not_of(blanks, begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
    if (!f(text.substr(begin, end - begin))) return false;
    begin = end;
  }
  return true;
}

}  // namespace plenum
