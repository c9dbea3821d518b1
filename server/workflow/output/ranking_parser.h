// Reads the ranking of a reviewer. Strict: a text that does not place every answer exactly once is unreadable.
// Source: the LLM Council protocol (karpathy/llm-council): "FINAL RANKING:". Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "server/workflow/output/ranking.h"

namespace plenum::workflow {

struct RankingReading {
  Places places;        // indices of labels, best first; empty if the text is unreadable
  std::string problem;  // why it is, as a sentence
};

// The ranking in the text: as JSON `{"ranking": ["B", "A"]}`; else what stands under the last `FINAL RANKING` that is
// complete: a numbered list, whose numbers count and not the order of its lines, a list without numbers, or
// `B > C > A`; else the last complete numbered list whose lines hold nothing but a label.
//   labels  indices of the labels that the reviewer was shown, in any order
RankingReading parse_ranking_text(std::string_view text, std::span<const std::size_t> labels);

// The JSON schema of a ranking: an evaluation of each answer first, then the labels, best first.
std::string ranking_schema(std::span<const std::size_t> labels);

}  // namespace plenum::workflow
