// Answers ranked by those who read them without knowing whose they are: labels, the order in which a
// reviewer sees them, the reading of a ranking, and what all rankings come to. Pure; any thread.
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

// The answers 0 … count-1 in the order in which a reviewer sees them: a place in a list has a pull of its
// own. The same seed gives the same order on every machine.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed);

// The labels of a ranking, best first, as indices below `count`. Read from the section behind the last
// line that begins `FINAL RANKING`: its numbered lines; else every `Response X` in it; else, also when
// there is no such section, every `Response X` in the text. Case does not matter, a label counts where
// it stands first, and what names no answer is passed over. Empty when nothing could be read.
std::vector<std::size_t> parse_ranking(std::string_view text, std::size_t count);

// The text with the label of every `Response X` that names one of `labels` by its index replaced by that
// entry: a reviewer speaks of the order that it saw, others of their own.
std::string relabelled(std::string_view text, std::span<const std::string> labels);

// One reviewer's ranking: answers, best first; those that it left out are not placed.
struct Ballot {
  std::optional<std::size_t> own;  // the answer that is the reviewer's, if it gave one
  std::vector<std::size_t> order;
};

struct MeanRank {
  std::size_t answer = 0;
  double mean = 0;   // 1 is best; rounded to two decimals
  int rankings = 0;  // in how many ballots it was placed; those without any are not listed
  bool operator==(const MeanRank&) const = default;
};

// Best first; equal means stand in the order of the answers. With exclude_self a reviewer's place for
// its own answer does not count, and the answers behind it move up by one.
std::vector<MeanRank> mean_ranks(std::span<const Ballot> ballots, std::size_t answers, bool exclude_self);

}  // namespace plenum::workflow
