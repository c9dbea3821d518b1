#include "server/workflow/output/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace plenum::workflow {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014): the standard library's distributions differ between systems.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t mixed = (state += 0x9E3779B97F4A7C15U);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31);
}

}  // namespace

std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left) std::swap(order[left - 1], order[next_random(seed) % left]);
  return order;
}

std::vector<std::size_t> in_order(const Places& places) {
  std::vector<std::size_t> order;
  for (const auto& tied : places) order.insert(order.end(), tied.begin(), tied.end());
  return order;
}

std::vector<MeanRank> mean_ranks(std::span<const Ballot> ballots, std::size_t answers, bool exclude_self) {
  std::vector<double> sums(answers, 0);
  std::vector<int> times(answers, 0);
  for (const Ballot& ballot : ballots) {
    double before = 0;  // answers in better places
    for (auto tied : ballot.places) {
      std::erase_if(tied,
                    [&](std::size_t answer) { return answer >= answers || (exclude_self && ballot.own == answer); });
      const auto count = static_cast<double>(tied.size());
      for (const std::size_t answer : tied) {
        sums[answer] += before + (count + 1) / 2;
        ++times[answer];
      }
      before += count;
    }
  }
  std::vector<MeanRank> ranks;
  for (std::size_t i = 0; i < answers; ++i) {
    if (times[i] > 0) ranks.push_back({i, std::round(sums[i] / times[i] * 100) / 100, times[i]});
  }
  std::stable_sort(ranks.begin(), ranks.end(), [](const auto& a, const auto& b) { return a.mean < b.mean; });
  return ranks;
}

}  // namespace plenum::workflow
