// The newest words of a growing text, on one line. Bounded, however long the text is. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

class TextTail {
 public:
  static constexpr std::size_t bytes_max = 1'024;  // that are held

  // delta: text from the server, split at any byte; it is filtered here.
  void feed(std::string_view delta);
  void clear();
  // Filtered; newlines and runs of spaces are one space.
  const std::string& text() const { return words_; }

 private:
  TerminalText filter_;
  std::string piece_;
  std::string words_;
};

// The end of a filtered line in at most `columns` columns; truncated at its start, with an ellipsis.
std::string fitted_end(std::string_view line, std::size_t columns);

}  // namespace plenum::client
