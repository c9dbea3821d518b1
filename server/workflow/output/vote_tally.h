// A choice between lettered options, and the count of all votes. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace plenum::workflow {

// The option that an answer names, as an index below `count`: the letter that the answer is, apart from
// what stands around it (`B`, `**b**`, `(B).`); else the letter behind the last `answer`, `vote` or
// `choice`; else the first capital letter that stands alone. Nothing when no option is named: a vote
// that cannot be read is told, never guessed.
std::optional<std::size_t> parse_choice(std::string_view text, std::size_t count);

struct Tally {
  std::vector<int> votes;             // for each option
  int unread = 0;                     // answers that named none
  std::optional<std::size_t> winner;  // most votes; nothing when several share them or nobody voted
  bool split = false;                 // several options share the most votes
};

Tally tally(std::span<const std::optional<std::size_t>> choices, std::size_t count);

}  // namespace plenum::workflow
