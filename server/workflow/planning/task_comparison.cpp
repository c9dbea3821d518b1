#include "server/workflow/planning/task_comparison.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/base/strings.h"
#include "server/workflow/output/comparison_words.h"

namespace plenum::workflow {

namespace {

// With at least this many shared words for each word that differs, the wording is the same and the difference decides.
constexpr std::size_t shared_per_difference = 2;

struct Quotes {
  std::string_view open, close;
};
constexpr Quotes quotes[] = {{"```", "```"}, {"`", "`"}, {"\"", "\""}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"‘", "’"}};

// Marks that end a word, and those that end a sentence.
constexpr std::string_view leading = "([{,;:.!?", trailing = ")]},;:.!?", sentence_ends = ".!?:";
// Inside a word these make it an identifier, a path, a formula or the like.
constexpr std::string_view symbols = "_/\\@#=<>{}[]()|~^&*+$%.:,;";

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_foreign(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// Splits a text into words and classifies them.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<ComparedWord> words() {
    while (!text_.empty()) {
      if (blanks.find(text_.front()) != std::string_view::npos) {
        if (text_.front() == '\n') at_start_ = true;
        text_.remove_prefix(1);
      } else if (!take_quoted()) {
        take_chunk();
      }
    }
    return std::move(words_);
  }

 private:
  void add_decisive(std::string_view text) { words_.push_back({std::string(text), WordClass::decisive}); }

  // With its marks, so that a quoted word is not the same as the word.
  bool take_quoted() {
    for (const Quotes& pair : quotes) {
      if (!text_.starts_with(pair.open)) continue;
      const auto end = text_.find(pair.close, pair.open.size());
      if (end == std::string_view::npos) continue;
      const auto inner = text_.substr(pair.open.size(), end - pair.open.size());
      words_.push_back({"\"" + std::string(inner) + "\"", WordClass::decisive});
      text_.remove_prefix(end + pair.close.size());
      at_start_ = false;
      return true;
    }
    if (text_.front() != '\'') return false;
    const auto end = text_.find('\'', 1);
    if (end == std::string_view::npos || (end + 1 < text_.size() && is_alphanumeric(text_[end + 1]))) return false;
    words_.push_back({"\"" + std::string(text_.substr(1, end - 1)) + "\"", WordClass::decisive});
    text_.remove_prefix(end + 1);
    at_start_ = false;
    return true;
  }

  // Up to the next blank or quoted text.
  void take_chunk() {
    std::size_t end = 1;
    while (end < text_.size() && blanks.find(text_[end]) == std::string_view::npos && text_[end] != '"' &&
           text_[end] != '`') {
      ++end;
    }
    std::string_view chunk = text_.substr(0, end);
    text_.remove_prefix(end);
    const bool ends_sentence = sentence_ends.find(chunk.back()) != std::string_view::npos;
    chunk = trimmed_marks(chunk);
    if (!chunk.empty()) add_chunk(chunk);
    if (ends_sentence || !chunk.empty()) at_start_ = ends_sentence;
  }

  static std::string_view trimmed_marks(std::string_view chunk) {
    while (!chunk.empty() && leading.find(chunk.front()) != std::string_view::npos) chunk.remove_prefix(1);
    while (!chunk.empty() && trailing.find(chunk.back()) != std::string_view::npos) chunk.remove_suffix(1);
    return chunk;
  }

  void add_chunk(std::string_view chunk) {
    const bool has_digit = std::any_of(chunk.begin(), chunk.end(), is_digit);
    const bool has_symbol = chunk.find_first_of(symbols) != std::string_view::npos;
    const bool is_option = chunk.size() > 1 && chunk.front() == '-';
    if (has_digit || has_symbol || is_option || is_foreign(chunk.front())) return add_decisive(chunk);
    for (std::size_t begin = 0; begin <= chunk.size();) {
      const std::size_t end = std::min(chunk.find('-', begin), chunk.size());
      if (end > begin) add_word(chunk.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  void add_word(std::string_view word) {
    std::string lower = lower_case(word);
    // The typographic apostrophe.
    if (const auto at = lower.find("\xE2\x80\x99"); at != std::string::npos) lower.replace(at, 3, "'");
    ComparedWord compared = classified(lower);
    if (compared.word_class != WordClass::decisive) {
      if (const auto at = lower.rfind("'s"); at != std::string::npos && at + 2 == lower.size()) lower.resize(at);
      compared = classified(lower);
      if (is_name(word, lower)) compared = {lower, WordClass::decisive};
    }
    words_.push_back(std::move(compared));
    at_start_ = false;
  }

  bool is_name(std::string_view word, const std::string& lower) const {
    const auto capitals = static_cast<std::size_t>(std::count_if(word.begin(), word.end(), is_capital));
    if (capitals == 0 || lower == "i") return false;
    if (capitals > 1) return true;  // SQL, iPhone
    if (!is_capital(word.front())) return true;
    if (word.size() == 1) return !(at_start_ && lower == "a");
    return !(at_start_ ? starts_sentences(lower) : classified(lower).word_class == WordClass::filler);
  }

  std::string_view text_;
  std::vector<ComparedWord> words_;
  bool at_start_ = true;  // of a sentence
};

using TextSet = std::unordered_set<std::string>;

// A word that is decisive in one text is so in the other: `python` and `Python`.
TextSet decisive_in(const std::vector<ComparedWord>& a, const std::vector<ComparedWord>& b) {
  TextSet words;
  for (const auto* text : {&a, &b}) {
    for (const ComparedWord& word : *text) {
      if (word.word_class == WordClass::decisive) words.insert(word.text);
    }
  }
  return words;
}

std::vector<std::string> only(const std::vector<ComparedWord>& words, const TextSet& chosen) {
  std::vector<std::string> texts;
  for (const ComparedWord& word : words) {
    if (chosen.count(word.text) > 0) texts.push_back(word.text);
  }
  return texts;
}

// The content words, each once, in the order of their first occurrence.
std::vector<std::string> content_of(const std::vector<ComparedWord>& words, const TextSet& decisive) {
  std::vector<std::string> content;
  TextSet seen;
  for (const ComparedWord& word : words) {
    const bool counts = word.word_class == WordClass::content && decisive.count(word.text) == 0;
    if (counts && seen.insert(word.text).second) content.push_back(word.text);
  }
  return content;
}

std::vector<std::string> shared_with(const std::vector<std::string>& words, const std::vector<std::string>& other) {
  const TextSet known(other.begin(), other.end());
  std::vector<std::string> shared;
  for (const std::string& word : words) {
    if (known.count(word) > 0) shared.push_back(word);
  }
  return shared;
}

}  // namespace

bool may_share_answer(std::string_view a, std::string_view b) {
  const auto words_a = Splitter(a).words(), words_b = Splitter(b).words();
  const TextSet decisive = decisive_in(words_a, words_b);
  const auto decisive_a = only(words_a, decisive);
  if (decisive_a != only(words_b, decisive)) return false;
  const auto content_a = content_of(words_a, decisive), content_b = content_of(words_b, decisive);
  const auto shared = shared_with(content_a, content_b);
  if (shared != shared_with(content_b, content_a)) return false;
  const std::size_t different = std::max(content_a.size(), content_b.size()) - shared.size();
  return different == 0 || shared.size() + decisive_a.size() < shared_per_difference * different;
}

}  // namespace plenum::workflow
