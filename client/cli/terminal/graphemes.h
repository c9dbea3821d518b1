// Splits text into grapheme clusters, the units that a terminal draws in whole cells, and measures them. The client's
// only file that includes utf8proc.
// Pure: any thread. Sources: Unicode Standard Annexes 29 (grapheme clusters) and 11 (East Asian Width).
#pragma once

#include <cstddef>
#include <string_view>

namespace plenum::client {

struct Grapheme {
  std::string_view bytes;
  std::size_t columns = 0;
};

// Removes and returns the first grapheme cluster. text: not empty, well-formed UTF-8 without control characters.
// Columns: combining marks 0; CJK, emoji and joined emoji 2; a symbol with the emoji variation selector 2. Where
// terminals differ, the wider figure is used.
Grapheme next_grapheme(std::string_view& text);

}  // namespace plenum::client
