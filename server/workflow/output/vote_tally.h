// Parses votes for lettered options and counts them. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace plenum::workflow {

// The option of an answer as an index below `count`: the letter that is the whole answer, apart from decoration
// (`B`, `**b**`, `(B).`); else the letter after the last `answer`, `vote` or `choice`; else the first single
// capital letter. Nothing if no option is named: an unparsed vote is reported, never guessed.
std::optional<std::size_t> parse_choice(std::string_view text, std::size_t count);

struct Tally {
  std::vector<int> votes;             // per option
  int unparsed = 0;                   // answers that named no option
  std::optional<std::size_t> winner;  // most votes; nothing if there is a tie or no vote
  bool tied = false;                  // several options share the most votes
};

Tally tally(std::span<const std::optional<std::size_t>> choices, std::size_t count);

}  // namespace plenum::workflow
