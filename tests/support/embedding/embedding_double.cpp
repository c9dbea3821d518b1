#include "tests/support/embedding/embedding_double.h"

#include <cctype>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>

namespace plenum::tests {

namespace {

constexpr std::size_t dimension = 256;

// How much a word counts.
constexpr double of_content = 1, of_function_word = 0.05, of_blind_spot = 0.1, of_pair = 0.04;

const std::map<std::string, std::string>& synonyms() {
  static const std::map<std::string, std::string> table{
      {"quick", "fast"},
      {"rapid", "fast"},
      {"quickest", "fastest"},
      {"purchase", "buy"},
      {"acquire", "buy"},
      {"erase", "remove"},
      {"delete", "remove"},
      {"repair", "fix"},
      {"bug", "error"},
      {"huge", "large"},
      {"big", "large"},
      {"tiny", "small"},
      {"little", "small"},
      {"select", "choose"},
      {"pick", "choose"},
      {"construct", "build"},
      {"begin", "start"},
      {"utilize", "use"},
      {"automobile", "car"},
      {"physician", "doctor"},
      {"sofa", "couch"},
      {"film", "movie"},
      {"garbage", "waste"},
      {"method", "technique"},
      {"weather", "climate"},
      {"meal", "dish"},
      {"illness", "disease"},
      // Words that are almost equal to a model.
      {"increase", "change"},
      {"decrease", "change"},
      {"enable", "switch"},
      {"disable", "switch"},
      {"before", "around"},
      {"after", "around"},
      {"maximum", "extreme"},
      {"minimum", "extreme"},
      {"advantages", "traits"},
      {"disadvantages", "traits"},
      {"import", "transfer"},
      {"export", "transfer"},
      {"install", "setup"},
      {"uninstall", "setup"},
      {"cheapest", "price"},
      {"expensive", "price"},
  };
  return table;
}

const std::set<std::string>& function_words() {
  static const std::set<std::string> words{
      "a",      "an",    "the",     "is",       "are",   "of",   "in",   "on",   "to",   "for",   "and",
      "can",    "could", "you",     "i",        "me",    "my",   "do",   "does", "how",  "what",  "way",
      "please", "tell",  "explain", "describe", "that",  "it",   "be",   "with", "from", "would", "like",
      "know",   "at",    "by",      "as",       "about", "into", "who",  "why",  "when", "where", "which",
      "there",  "this",  "just",    "simply",   "give",  "show", "help", "need"};
  return words;
}

const std::set<std::string>& number_words() {
  static const std::set<std::string> words{"one", "two", "three", "four", "five"};
  return words;
}

// Names that it recognizes in lower case.
const std::set<std::string>& names() {
  static const std::set<std::string> words{"python", "excel", "postgres", "java", "rust",
                                           "redis",  "perl",  "haskell",  "ruby", "kotlin"};
  return words;
}

const std::set<std::string>& negations() {
  static const std::set<std::string> words{"not", "no", "never", "without", "don't", "isn't", "cannot"};
  return words;
}

std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// Adds a direction that depends on the word alone.
void add(std::vector<double>& sum, std::string_view word, double weight) {
  std::uint64_t state = 0xcbf29ce484222325;
  for (const char c : word) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  for (std::size_t i = 0; i < dimension; ++i) {
    state = mixed(state);
    sum[i] += (state & 1) != 0 ? weight : -weight;
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '\'' || c == '_' || byte >= 0x80) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

bool has_digit(const std::string& word) { return word.find_first_of("0123456789_") != std::string::npos; }

std::string stem_of(std::string word) {
  if (word.size() > 5 && word.compare(word.size() - 3, 3, "ing") == 0) word.resize(word.size() - 3);
  if (word.size() > 3 && word.back() == 's') word.pop_back();
  return word;
}

}  // namespace

std::vector<float> embedding_of(std::string_view text) {
  std::vector<double> sum(dimension);
  std::string before;
  for (const std::string& written : words_of(text)) {
    std::string word;
    for (const char c : written) word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool is_capital = std::isupper(static_cast<unsigned char>(written[0])) != 0;
    const bool is_capitalized = is_capital && !before.empty() && function_words().count(word) == 0;
    const bool is_name = is_capitalized || names().count(word) > 0;
    if (const auto synonym = synonyms().find(word); synonym != synonyms().end()) word = synonym->second;
    if (has_digit(word) || number_words().count(word) > 0) {
      add(sum, "<number>", of_content);
      add(sum, word, of_blind_spot);
    } else if (is_name) {
      add(sum, "<name>", of_content);
      add(sum, word, of_blind_spot);
    } else if (negations().count(word) > 0) {
      add(sum, word, of_blind_spot);
    } else if (function_words().count(word) > 0) {
      add(sum, word, of_function_word);
    } else {
      word = stem_of(word);
      add(sum, word, of_content);
      add(sum, before + " " + word, of_pair);
    }
    before = word;
  }
  double length = 0;
  for (const double value : sum) length += value * value;
  length = std::sqrt(length);
  std::vector<float> vector;
  for (const double value : sum) vector.push_back(length > 0 ? static_cast<float>(value / length) : 0.0F);
  return vector;
}

std::string embedding_response(std::string_view text) {
  std::string numbers;
  for (const float value : embedding_of(text)) numbers += (numbers.empty() ? "" : ",") + std::to_string(value);
  return R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[)" + numbers +
         R"(]}],"model":"embed-1","usage":{"prompt_tokens":5,"total_tokens":5}})";
}

}  // namespace plenum::tests
