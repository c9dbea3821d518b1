#include "client/cli/live/live_region.h"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::client {
namespace {

constexpr const char* hide_cursor = "\x1b[?25l";
constexpr const char* show_cursor = "\x1b[?25h";
constexpr const char* wrap_off = "\x1b[?7l";
constexpr const char* wrap_on = "\x1b[?7h";
constexpr const char* erase_line_end = "\x1b[K";
// From the first column. tmux moves the screen to its history when it is erased from its first character, so that one
// is erased by itself.
constexpr const char* erase_below = "\x1b[K\x1b[C\x1b[J\r";

// From one row to the first column of another, which exists.
std::string move(std::size_t from, std::size_t to) {
  if (from > to) return fmt::format("\r\x1b[{}A", from - to);
  if (to > from) return fmt::format("\r\x1b[{}B", to - from);
  return "\r";
}

}  // namespace

std::string LiveRegion::update(const std::vector<StyledLine>& above, const std::vector<StyledLine>& lines,
                               ScreenSize size) {
  const bool resized = !shown_.empty() && size != size_;
  std::string bytes = above.empty() && !resized ? changed_lines(lines) : all_lines(above, lines, size);
  shown_ = lines;
  size_ = size;
  if (!bytes.empty() && !cursor_hidden_) {
    bytes.insert(0, hide_cursor);
    cursor_hidden_ = true;
  }
  return bytes;
}

std::string LiveRegion::close(const std::vector<StyledLine>& above, ScreenSize size) {
  std::string bytes = above.empty() && shown_.empty() ? std::string() : all_lines(above, {}, size);
  shown_.clear();
  if (cursor_hidden_) bytes += show_cursor;
  cursor_hidden_ = false;
  return bytes;
}

std::string LiveRegion::changed_lines(const std::vector<StyledLine>& lines) const {
  std::string bytes;
  std::size_t row = shown_.empty() ? 0 : shown_.size() - 1;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i < shown_.size() && lines[i] == shown_[i]) continue;
    if (i < shown_.size() || i == 0) {
      bytes += move(row, i);
    } else {
      bytes += move(row, i - 1) + "\n";  // a new line at the end, which may scroll the screen
    }
    bytes += terminal_bytes(lines[i], color_) + erase_line_end;
    row = i;
  }
  if (lines.size() < shown_.size()) {
    bytes += move(row, lines.size()) + erase_below;
    row = lines.size();
  }
  if (bytes.empty()) return bytes;
  bytes += move(row, lines.empty() ? 0 : lines.size() - 1);
  return wrap_off + bytes + wrap_on;
}

std::string LiveRegion::all_lines(const std::vector<StyledLine>& above, const std::vector<StyledLine>& lines,
                                  ScreenSize size) const {
  std::string bytes = move(rows_to_top(size), 0);
  // A line that the terminal wraps is written over more than one row.
  const bool wraps =
      std::any_of(above.begin(), above.end(), [&](const StyledLine& line) { return width_of(line) > size.columns; });
  if (wraps) bytes += erase_below;
  // Erased before it is written: after a character in the last column, erasing would remove it.
  for (const StyledLine& line : above) bytes += erase_line_end + terminal_bytes(line, color_) + "\r\n";
  bytes += wrap_off;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bytes += terminal_bytes(lines[i], color_) + erase_line_end;
    if (i + 1 < lines.size()) bytes += "\r\n";
  }
  // Also what the terminal made of the old lines after a resize. Not from the first column of a line with text.
  bytes += lines.empty() || lines.back().empty() ? erase_below : "\x1b[J\r";
  return bytes + wrap_on;
}

std::size_t LiveRegion::rows_to_top(ScreenSize size) const {
  if (shown_.empty()) return 0;
  if (!reflows_ || size.columns >= size_.columns || size.columns == 0) return shown_.size() - 1;
  std::size_t rows = 0;
  for (std::size_t i = 0; i + 1 < shown_.size(); ++i) {
    rows += std::max<std::size_t>(1, (width_of(shown_[i]) + size.columns - 1) / size.columns);
  }
  return rows;
}

}  // namespace plenum::client
