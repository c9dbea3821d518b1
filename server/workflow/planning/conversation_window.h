// What was said before a task: the turns of its conversation as prompts show them, within a budget. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/protocol/task_request.h"

namespace plenum::workflow {

struct Turns {
  std::vector<Turn> shown;  // oldest first
  int left_out = 0;         // older ones for which there was no room
  bool cut = false;         // the newest one alone was too long, and its texts were cut
};

// The newest turns that fit together. A whole turn is left out before a newer one is cut.
//   turns  oldest first
Turns newest_within(std::vector<Turn> turns, std::int64_t tokens);

// Near enough for a budget: four bytes a token, which English text is at.
std::int64_t tokens_about(std::string_view text);

}  // namespace plenum::workflow
