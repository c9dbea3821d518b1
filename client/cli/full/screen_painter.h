// The bytes that show lines on the whole screen of a terminal: its alternate screen, so that the scrollback stays as it
// was. Only changed lines are written, the screen is never cleared.
// Pure: returns bytes, for one write per frame. Not thread-safe.
// Source: ECMA-48 (CUP, EL); DEC private modes 7 (wrapping), 25 (cursor) and 1049 (alternate screen).
#pragma once

#include <string>
#include <vector>

#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

class ScreenPainter {
 public:
  explicit ScreenPainter(bool color) : color_(color) {}

  // Shows one line per row; further rows are empty. Enters the alternate screen first, if needed. Returns no bytes if
  // nothing changes. lines: none is wider than the terminal.
  std::string update(std::vector<StyledLine> lines, ScreenSize size);
  // Back to the screen as it was.
  std::string close();
  bool is_open() const { return open_; }

 private:
  const bool color_;               // set once
  std::vector<StyledLine> shown_;  // empty: unknown
  ScreenSize size_{0, 0};
  bool open_ = false;
};

}  // namespace plenum::client
