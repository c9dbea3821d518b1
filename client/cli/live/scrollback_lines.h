// Lines that wait to be written to the scrollback, laid out for the width of the terminal. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

class ScrollbackLines {
 public:
  explicit ScrollbackLines(std::size_t terminal_columns) { set_terminal_columns(terminal_columns); }

  void set_terminal_columns(std::size_t columns) { columns_ = columns < 2 ? 1 : columns - 1; }
  // The last column of the terminal stays free, as in the region.
  std::size_t columns() const { return columns_; }

  void add(std::vector<StyledLine> lines);
  // At most one after another, and none before the first line.
  void add_blank();
  // A line of chunk_lines.h with its colors, wrapped.
  void add_colored(const std::string& line);
  // The same after a blank line.
  void add_heading(const std::string& line);
  // The text of a model.
  void add_markdown(std::string_view text, bool dim = false);
  // Not wrapped: a command in it can be copied from the terminal as one line.
  void add_message(std::string_view text, TextStyle style);

  // Removes and returns them.
  std::vector<StyledLine> take();

 private:
  std::size_t columns_ = 79;
  std::vector<StyledLine> lines_;
  bool after_blank_ = true;  // the last line is empty, or there is none
};

}  // namespace plenum::client
