// Decodes well-formed UTF-8 one character at a time. Any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace plenum::client {

// Removes and returns the first character. text must be well-formed and not empty.
inline char32_t next_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t character = size == 1 ? lead : lead & (0xFF >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i) {
    character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  text.remove_prefix(std::min(size, text.size()));
  return character;
}

}  // namespace plenum::client
