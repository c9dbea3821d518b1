// The bytes that keep a block of lines below the scrollback of a terminal up to date. Only changed lines are written
// again, the screen is never cleared, and the scrollback is only appended to.
// Pure: returns bytes, for one write per frame. Not thread-safe.
//
// Between calls the cursor is hidden, in the first column of the last line of the region. Automatic wrapping is
// switched off while the region is written: a character that the terminal draws wider than expected then shortens its
// line instead of shifting all others. Source: ECMA-48 (CUU, CUD, EL, ED); DEC modes 7 and 25.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/cli/live/region_layout.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

class LiveRegion {
 public:
  // reflows: the terminal wraps lines again when its width changes, which moves the top of the region.
  LiveRegion(bool color, bool reflows) : color_(color), reflows_(reflows) {}

  // Shows `lines` as the region, below `above`, which goes to the scrollback. Returns no bytes if nothing changes.
  // lines: fewer than the terminal has, and narrower than it.
  std::string update(const std::vector<StyledLine>& above, const std::vector<StyledLine>& lines, ScreenSize size);
  // Writes `above`, removes the region and shows the cursor. The next update() starts a new region.
  std::string close(const std::vector<StyledLine>& above, ScreenSize size);

 private:
  std::string changed_lines(const std::vector<StyledLine>& lines) const;
  std::string all_lines(const std::vector<StyledLine>& above, const std::vector<StyledLine>& lines,
                        ScreenSize size) const;
  // How far the first line of the region is above the cursor.
  std::size_t rows_to_top(ScreenSize size) const;

  const bool color_, reflows_;     // set once
  std::vector<StyledLine> shown_;  // the region
  ScreenSize size_{0, 0};          // when it was written
  bool cursor_hidden_ = false;
};

}  // namespace plenum::client
