// Reads the vote of a member. Strict: a text that names two options without a clear sign, or none, is unreadable.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace plenum::workflow {

struct VoteReading {
  std::optional<std::size_t> choice;  // index of the option
  std::string problem;                // why there is none, as a sentence; empty when there is one
};

// The option that the text names: as JSON `{"vote": "B"}`; else by its lines `VOTE: B`; else by a first or last line
// that is only its letter; else by a sentence that decides ("the answer is B", "I choose option B over option A"); else
// by the text of exactly one option.
//   choices  the texts of the options; at least two
VoteReading parse_vote(std::string_view text, std::span<const std::string> choices);

// The JSON schema of a vote: the reason first, then the letter.
std::string vote_schema(std::size_t choices);

}  // namespace plenum::workflow
