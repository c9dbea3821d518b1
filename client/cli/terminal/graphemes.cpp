#include "client/cli/terminal/graphemes.h"

#include <utf8proc.h>

#include <algorithm>

#include "client/cli/terminal/utf8_reader.h"

namespace plenum::client {
namespace {

constexpr char32_t emoji_variation_selector = 0xFE0F;

bool is_regional_indicator(char32_t character) { return character >= 0x1F1E6 && character <= 0x1F1FF; }

std::size_t columns_of(char32_t character) {
  if (is_regional_indicator(character)) return 2;  // a flag, or a boxed letter that many terminals draw as wide
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(character))));
}

// Of a character that continues a cluster: terminals give a cell to the spacing marks of scripts such as Devanagari.
std::size_t columns_added_by(char32_t character) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(character)) == UTF8PROC_CATEGORY_MC ? 1 : 0;
}

}  // namespace

Grapheme next_grapheme(std::string_view& text) {
  const std::string_view start = text;
  char32_t previous = next_character(text);
  if (previous < 0x7F && (text.empty() || static_cast<unsigned char>(text.front()) < 0x80)) {
    return {start.substr(0, 1), 1};  // the common case: ASCII before ASCII
  }
  std::size_t columns = columns_of(previous);
  utf8proc_int32_t state = 0;
  while (!text.empty()) {
    std::string_view rest = text;
    const char32_t next = next_character(rest);
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(previous), static_cast<utf8proc_int32_t>(next),
                                         &state) != 0) {
      break;
    }
    columns = next == emoji_variation_selector && columns == 1 ? 2 : columns + columns_added_by(next);
    previous = next;
    text = rest;
  }
  return {start.substr(0, start.size() - text.size()), columns};
}

}  // namespace plenum::client
