#include "server/workflow/output/vote_tally.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/base/strings.h"
#include "server/workflow/output/ranking.h"

namespace plenum::workflow {

namespace {

// Bytes of 0x80 and above belong to letters of other scripts.
bool is_word(char c) { return is_alphanumeric(c) || c == '_' || c == '\'' || (c & 0x80) != 0; }

struct Word {
  std::string_view text;
  std::size_t at = 0;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && is_word(text[at])) ++at;
    // Emphasis in Markdown is no part of a word.
    std::string_view word = text.substr(begin, at - begin);
    while (!word.empty() && word.front() == '_') word.remove_prefix(1);
    while (!word.empty() && word.back() == '_') word.remove_suffix(1);
    if (!word.empty()) words.push_back({word, begin});
    if (at < text.size()) ++at;
  }
  return words;
}

std::optional<std::size_t> option_in(std::string_view word, std::size_t count) {
  const auto option = index_of_label(word);
  return option && *option < count ? option : std::nullopt;
}

bool announces(std::string_view word) {
  static constexpr std::array<std::string_view, 4> words = {"answer", "vote", "choice", "option"};
  return std::find(words.begin(), words.end(), lower_case(word)) != words.end();
}

bool is_capital(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return is_letter(c) && c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::optional<std::size_t> parse_choice(std::string_view text, std::size_t count) {
  const auto words = words_of(text);
  if (words.size() == 1) return option_in(words.front().text, count);
  for (std::size_t i = words.size(); i-- > 1;) {
    if (!announces(words[i - 1].text) && !(i > 1 && words[i - 1].text == "is" && announces(words[i - 2].text)))
      continue;
    if (!is_capital(words[i].text)) continue;
    if (const auto option = option_in(words[i].text, count)) return option;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    // "A good reason …" begins with an article.
    const bool is_article =
        words[i].text == "A" && i + 1 < words.size() && !is_capital(words[i + 1].text) && text[words[i].at + 1] == ' ';
    if (is_article || !is_capital(words[i].text)) continue;
    if (const auto option = option_in(words[i].text, count)) return option;
  }
  return std::nullopt;
}

Tally tally(std::span<const std::optional<std::size_t>> choices, std::size_t count) {
  Tally sum;
  sum.votes.assign(count, 0);
  for (const auto& choice : choices) {
    if (choice && *choice < count) {
      ++sum.votes[*choice];
    } else {
      ++sum.unparsed;
    }
  }
  const auto most = std::max_element(sum.votes.begin(), sum.votes.end());
  if (most == sum.votes.end() || *most == 0) return sum;
  sum.tied = std::count(sum.votes.begin(), sum.votes.end(), *most) > 1;
  if (!sum.tied) sum.winner = static_cast<std::size_t>(most - sum.votes.begin());
  return sum;
}

}  // namespace plenum::workflow
