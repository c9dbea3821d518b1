#include "server/http/message/header_syntax.h"

#include <algorithm>

namespace plenum::http {

bool list_has(std::string_view list, std::string_view item) {
  bool found = false;
  each_item(list, [&](std::string_view candidate) {
    found = lower_case(candidate) == item;
    return !found;
  });
  return found;
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace plenum::http
