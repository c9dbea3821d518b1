// Anonymous ranking of answers: random orders, and mean ranks. Pure; any thread.
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

// 0 … count-1 in a random order: labels of answers, and the order in which a reviewer is shown them, because reviewers
// favor certain positions. The same seed gives the same order on every machine.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed);

// The answers of one reviewer's ranking, best first; several in one place are tied.
using Places = std::vector<std::vector<std::size_t>>;
// Without places: in the order of the ranking.
std::vector<std::size_t> in_order(const Places& places);

// One reviewer's ranking; omitted answers have no rank.
struct Ballot {
  std::optional<std::size_t> own;  // the reviewer's own answer, if any
  Places places;
};

struct MeanRank {
  std::size_t answer = 0;
  double mean = 0;   // 1 is best; rounded to two decimals
  int rankings = 0;  // number of ballots that rank it; answers without any are not listed
  bool operator==(const MeanRank&) const = default;
};

// Best first; equal means in the order of the answers. Tied answers share the mean of their ranks. With exclude_self a
// reviewer's rank of its own answer is ignored, and the answers after it move up by one.
std::vector<MeanRank> mean_ranks(std::span<const Ballot> ballots, std::size_t answers, bool exclude_self);

}  // namespace plenum::workflow
