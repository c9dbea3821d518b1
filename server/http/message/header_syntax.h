// Character classes and lists of HTTP headers.
// Source: RFC 9110, 5.5 and 5.6. Pure: any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/base/strings.h"

namespace plenum::http {

constexpr bool is_token_byte(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Without optional whitespace (RFC 9110, 5.6.3) at either end.
constexpr std::string_view trimmed(std::string_view text) { return plenum::trimmed(text, " \t"); }
// Whether a comma-separated list has this item; case-insensitive. `item` is in lower case.
bool list_has(std::string_view list, std::string_view item);
// Whether a header may have this value: no byte below 0x20 and no 0x7f, so it cannot end its line.
bool is_header_value(std::string_view value);

// Calls f with every item of a comma-separated list, trimmed, until it returns false.
template <class F>
void each_item(std::string_view list, F&& f) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto item = trimmed(list.substr(0, comma));
    if (!item.empty() && !f(item)) return;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
}

}  // namespace plenum::http
