// Counts votes for the options of a task. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace plenum::workflow {

struct Tally {
  std::vector<int> votes;             // per option
  int unparsed = 0;                   // answers that named no option
  std::optional<std::size_t> winner;  // most votes; nothing if there is a tie or no vote
  bool tied = false;                  // several options share the most votes
};

Tally tally(std::span<const std::optional<std::size_t>> choices, std::size_t count);

}  // namespace plenum::workflow
