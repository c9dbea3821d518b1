// The lines of the live region: the unfinished text of the answer, a row per member, and a progress line. Never wider
// than the terminal, and lower than it. Pure: any thread.
#pragma once

#include <cstddef>
#include <vector>

#include "client/cli/live/run_model.h"
#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

struct RegionContent {
  const RunModel& model;
  SteadyTime now;
  // The answer is being written: finished rows are no longer shown, its unfinished text is.
  bool answering = false;
  std::vector<StyledLine> tail{};  // of the answer; its end is shown
};

std::vector<StyledLine> region_lines(const RegionContent& content, ScreenSize size);
// The last of them: a bar, chunks, times and cost.
StyledLine progress_line(const RegionContent& content, ScreenSize size);

}  // namespace plenum::client
