#include "server/workflow/output/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "common/base/strings.h"

namespace plenum::workflow {

namespace {

constexpr std::string_view heading = "final ranking";
constexpr std::string_view answer_word = "response";

bool is_word(char c) { return is_alphanumeric(c) || c == '_'; }
// Markdown emphasis around words.
bool is_emphasis(char c) { return c == '*' || c == '_' || c == '`' || c == '"' || c == '[' || c == '#'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool stands_at(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() < word.size() || at > text.size() - word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(text[at + i]) != word[i]) return false;
  }
  return true;
}

void skip(std::string_view text, std::size_t& at, bool (*what)(char)) {
  while (at < text.size() && what(text[at])) ++at;
}

// The text after the last line that starts with the heading; nothing if there is none.
std::optional<std::string_view> ranking_section(std::string_view text) {
  std::optional<std::string_view> section;
  for (std::size_t line = 0; line < text.size();) {
    std::size_t at = line;
    skip(text, at, [](char c) { return is_blank(c) || is_emphasis(c); });
    if (stands_at(text, at, heading)) section = text.substr(at + heading.size());
    const std::size_t end = text.find('\n', line);
    if (end == std::string_view::npos) break;
    line = end + 1;
  }
  return section;
}

// Parses the label of a `Response X` at `at` and advances past it; nothing if there is none.
std::optional<std::size_t> read_response(std::string_view text, std::size_t& at) {
  if (!stands_at(text, at, answer_word) || (at > 0 && is_word(text[at - 1]))) return std::nullopt;
  std::size_t next = at + answer_word.size();
  const std::size_t gap = next;
  skip(text, next, [](char c) { return is_blank(c) || is_emphasis(c); });
  if (next == gap) return std::nullopt;
  const std::size_t begin = next;
  skip(text, next, is_letter);
  if (next < text.size() && is_digit(text[next])) return std::nullopt;
  const auto label = index_of_label(text.substr(begin, next - begin));
  if (label) at = next;
  return label;
}

// Whether a list number such as `1.` or `2)` directly precedes this position on the same line.
bool is_numbered(std::string_view text, std::size_t at) {
  while (at > 0 && (is_blank(text[at - 1]) || is_emphasis(text[at - 1]))) --at;
  if (at == 0 || (text[at - 1] != '.' && text[at - 1] != ')')) return false;
  return at > 1 && is_digit(text[at - 2]);
}

std::vector<std::size_t> labels_in(std::string_view text, std::size_t count, bool numbered_only) {
  std::vector<std::size_t> found;
  std::vector<bool> seen(count, false);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto label = read_response(text, at);
    if (!label) {
      ++at;
    } else if (*label < count && !seen[*label] && (!numbered_only || is_numbered(text, begin))) {
      seen[*label] = true;
      found.push_back(*label);
    }
  }
  return found;
}

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

std::vector<std::size_t> parse_ranking(std::string_view text, std::size_t count) {
  if (const auto section = ranking_section(text)) {
    if (auto found = labels_in(*section, count, true); !found.empty()) return found;
    if (auto found = labels_in(*section, count, false); !found.empty()) return found;
  }
  return labels_in(text, count, false);
}

std::string relabel(std::string_view text, std::span<const std::string> labels) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto label = read_response(text, at);
    if (!label || *label >= labels.size()) {
      at = begin + 1;
      out += text[begin];
      continue;
    }
    // Verbatim up to the label, which is last.
    out.append(text.substr(begin, at - begin - label_of(*label).size())).append(labels[*label]);
  }
  return out;
}

std::vector<MeanRank> mean_ranks(std::span<const Ballot> ballots, std::size_t answers, bool exclude_self) {
  std::vector<double> sums(answers, 0);
  std::vector<int> times(answers, 0);
  for (const Ballot& ballot : ballots) {
    double place = 0;
    for (const std::size_t answer : ballot.order) {
      if (answer >= answers || (exclude_self && ballot.own == answer)) continue;
      sums[answer] += ++place;
      ++times[answer];
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
