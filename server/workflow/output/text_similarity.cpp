#include "server/workflow/output/text_similarity.h"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/strings.h"

namespace plenum::workflow {

namespace {

constexpr std::size_t run_words = 3;

bool is_word(char c) { return is_alphanumeric(c) || (c & 0x80) != 0; }

std::vector<std::uint64_t> hashed_words(std::string_view text) {
  std::vector<std::uint64_t> words;
  std::string word;
  for (const char c : text) {
    if (is_word(c)) {
      word += lower(c);
    } else if (!word.empty()) {
      words.push_back(std::hash<std::string>{}(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::hash<std::string>{}(word));
  return words;
}

// Number of occurrences of each run of words.
std::unordered_map<std::uint64_t, int> runs_of(const std::vector<std::uint64_t>& words) {
  std::unordered_map<std::uint64_t, int> runs;
  for (std::size_t i = 0; i + run_words <= words.size(); ++i) {
    std::uint64_t run = 0;
    for (std::size_t k = 0; k < run_words; ++k) run = run * 0x100000001B3U + words[i + k];
    ++runs[run];
  }
  return runs;
}

}  // namespace

double text_similarity(std::string_view a, std::string_view b) {
  const auto first = hashed_words(a), second = hashed_words(b);
  if (first.size() < run_words || second.size() < run_words) return first == second ? 1.0 : 0.0;
  const auto left = runs_of(first), right = runs_of(second);
  std::size_t shared = 0;
  for (const auto& [run, times] : left) {
    const auto found = right.find(run);
    if (found != right.end()) shared += static_cast<std::size_t>(std::min(times, found->second));
  }
  const std::size_t all = first.size() + second.size() - 2 * (run_words - 1);
  return 2.0 * static_cast<double>(shared) / static_cast<double>(all);
}

}  // namespace plenum::workflow
