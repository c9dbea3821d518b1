#include "server/workflow/output/vote_tally.h"

#include <algorithm>

namespace plenum::workflow {

Tally tally(std::span<const std::optional<std::size_t>> choices, std::size_t count) {
  Tally sum;
  sum.votes.assign(count, 0);
  for (const auto& choice : choices) {
    if (choice && *choice < count) {
      ++sum.votes[*choice];
    } else {
      ++sum.unparsed;
    }
  }
  const auto most = std::max_element(sum.votes.begin(), sum.votes.end());
  if (most == sum.votes.end() || *most == 0) return sum;
  sum.tied = std::count(sum.votes.begin(), sum.votes.end(), *most) > 1;
  if (!sum.tied) sum.winner = static_cast<std::size_t>(most - sum.votes.begin());
  return sum;
}

}  // namespace plenum::workflow
