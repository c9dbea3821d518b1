// A text taken apart at its blanks. Any thread.
#pragma once

#include <algorithm>
#include <string_view>

namespace plenum {

// Calls f with every word of the text, in order, until it returns false. Whether all were taken.
template <class F>
bool each_word(std::string_view text, F&& f) {
  constexpr std::string_view blanks = " \t\r\n";
  for (std::size_t begin = 0; (begin = text.find_first_not_of(blanks, begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
    if (!f(text.substr(begin, end - begin))) return false;
    begin = end;
  }
  return true;
}

}  // namespace plenum
