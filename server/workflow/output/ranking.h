// Anonymous ranking of answers: labels, the presentation order per reviewer, parsing, and mean ranks. Pure; any
// thread.
// Source: the LLM Council protocol (karpathy/llm-council): "FINAL RANKING:" and mean rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/labels.h"

namespace plenum::workflow {

// The order in which a reviewer is shown the answers 0 … count-1; shuffled because reviewers favor certain
// positions. The same seed gives the same order on every machine.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed);

// The labels of a ranking, best first, as indices below `count`. Parsed from the section after the last line
// that starts with `FINAL RANKING`: its numbered lines, else every `Response X` in it; without such a section,
// every `Response X` of the text. Case-insensitive; the first occurrence of a label counts; unknown labels are
// ignored. Empty if nothing could be parsed.
std::vector<std::size_t> parse_ranking(std::string_view text, std::size_t count);

// Replaces the label of every `Response X` with the entry of `labels` at its index: translates the labels of
// one reviewer's order into those of another.
std::string relabel(std::string_view text, std::span<const std::string> labels);

// One reviewer's ranking: answers, best first; omitted answers have no rank.
struct Ballot {
  std::optional<std::size_t> own;  // the reviewer's own answer, if any
  std::vector<std::size_t> order;
};

struct MeanRank {
  std::size_t answer = 0;
  double mean = 0;   // 1 is best; rounded to two decimals
  int rankings = 0;  // number of ballots that rank it; answers without any are not listed
  bool operator==(const MeanRank&) const = default;
};

// Best first; ties in the order of the answers. With exclude_self a reviewer's rank of its own answer is
// ignored, and the answers after it move up by one.
std::vector<MeanRank> mean_ranks(std::span<const Ballot> ballots, std::size_t answers, bool exclude_self);

}  // namespace plenum::workflow
