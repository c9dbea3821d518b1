#include "client/cli/full/screen_painter.h"

#include <fmt/format.h>

#include <utility>

namespace plenum::client {

std::string ScreenPainter::update(std::vector<StyledLine> lines, ScreenSize size) {
  lines.resize(size.rows);
  std::string bytes;
  if (!open_) bytes += "\x1b[?1049h\x1b[?25l\x1b[?7l";
  const bool unknown = !open_ || size != size_ || shown_.size() != lines.size();
  for (std::size_t row = 0; row < lines.size(); ++row) {
    if (!unknown && shown_[row] == lines[row]) continue;
    bytes += fmt::format("\x1b[{};1H", row + 1) + terminal_bytes(lines[row], color_);
    // In the last column the cursor stays on the last character, which must not be erased.
    if (width_of(lines[row]) < size.columns) bytes += "\x1b[K";
  }
  open_ = true;
  size_ = size;
  shown_ = std::move(lines);
  return bytes;
}

std::string ScreenPainter::close() {
  if (!std::exchange(open_, false)) return {};
  shown_.clear();
  return "\x1b[?7h\x1b[?25h\x1b[?1049l";
}

}  // namespace plenum::client
