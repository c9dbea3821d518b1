// Reads a structured verdict: one JSON object. Strict about who holds what: an unknown letter, or an answer with two
// positions, makes it unreadable. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/workflow/output/verdict/verdict.h"

namespace plenum::workflow {

struct VerdictReading {
  std::optional<Verdict> verdict;
  std::string problem;  // why there is none, as a sentence; empty when there is one
};

inline constexpr std::size_t verdict_items_max = 32;          // per list; more are unreadable
inline constexpr std::size_t verdict_label_bytes_max = 200;   // of a position
inline constexpr std::size_t verdict_text_bytes_max = 2'000;  // of any other text; longer ones are cut

// The last JSON object of the text that has positions or a type. Spelling of keys, trailing commas and text or a fence
// around it do not matter. Unknown fields are ignored, a score among them. The result has one vote for each answer with
// a position, whether it stands in `votes` or only in `positions`.
//   labels  of the answers that the prompt showed
VerdictReading parse_verdict(std::string_view text, std::span<const std::size_t> labels);

// The JSON schema of a verdict: the positions first, the recommendation last.
std::string verdict_schema(std::span<const std::size_t> labels);

// The same as a description for prompts, with the letters of the answers.
std::string verdict_form(std::span<const std::size_t> labels);

}  // namespace plenum::workflow
