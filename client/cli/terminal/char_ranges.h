// Sorted tables of ranges of code points. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace plenum::client {

struct CharRange {
  char32_t first, last;
};

// `ranges` is sorted and without overlaps.
template <std::size_t count>
bool is_in(const CharRange (&ranges)[count], char32_t character) {
  const auto* range = std::lower_bound(std::begin(ranges), std::end(ranges), character,
                                       [](const CharRange& row, char32_t wanted) { return row.last < wanted; });
  return range != std::end(ranges) && character >= range->first;
}

}  // namespace plenum::client
