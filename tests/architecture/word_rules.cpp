#include "tests/architecture/word_rules.h"

#include <algorithm>
#include <cctype>

namespace plenum::tests {

namespace {

// Written in pieces, so that this file does not break its own rules.
const std::vector<std::string>& machine_paths() {
  static const std::vector<std::string> all = {
      "/wo"
      "rk/",
      "/tm"
      "p/",
      "/ho"
      "me/",
      "/ro"
      "ot/",
      "/Us"
      "ers/",
      "/op"
      "t/"};
  return all;
}
const std::vector<std::string>& unfinished_marks() {
  static const std::vector<std::string> all = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X",
      "HA"
      "CK"};
  return all;
}

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool holds_word(const std::string& line, const std::string& word) {
  const auto joins = [&](std::size_t i) {
    return i < line.size() && (is_letter(line[i]) || std::isdigit(static_cast<unsigned char>(line[i])) != 0);
  };
  for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    if ((at == 0 || !joins(at - 1)) && !joins(at + word.size())) return true;
  }
  return false;
}

// Words in lower case: `pageSize`, `page_size` and `page size` are the same two words. An apostrophe belongs
// to its word.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool apostrophe = c == '\'' && !word.empty() && i + 1 < line.size() && is_letter(line[i + 1]);
    if (!is_letter(c) && !apostrophe) {
      finish();
      continue;
    }
    if (is_upper(c) && i > 0 && is_letter(line[i - 1]) && !is_upper(line[i - 1])) finish();
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  finish();
  return words;
}

// The line without the text between backticks.
std::string without_code(const std::string& line) {
  std::string prose;
  bool code = false;
  for (const char c : line) {
    if (c == '`') code = !code;
    prose += code || c == '`' ? ' ' : c;
  }
  return prose;
}

class WordInspector {
 public:
  explicit WordInspector(const std::vector<BannedPhrase>& banned) {
    for (const BannedPhrase& phrase : banned) {
      if (!phrase.words.empty()) by_first_word_[phrase.words.front()].push_back(&phrase);
    }
  }

  std::vector<std::string> inspect(const SourceTree& tree) {
    for (const auto& [path, text] : tree) {
      if (is_header(path) && !text.starts_with("//")) {
        report(path, 1, "has no comment that states its purpose and which thread may call it");
      }
      inspect_lines(path, lines_of(text));
    }
    return std::move(violations_);
  }

 private:
  void report(const std::string& path, int line, const std::string& text) {
    violations_.push_back(violation(path, line, text));
  }

  void inspect_lines(const std::string& path, const std::vector<std::string>& lines) {
    bool code_block = false;
    int number = 0;
    for (const std::string& line : lines) {
      ++number;
      if (is_source(path)) check_marks(path, number, line);
      if (is_markdown(path) && line.find("```") != std::string::npos) code_block = !code_block;
      if (is_markdown(path) && code_block) continue;
      check_phrases(path, number, words_of(is_markdown(path) ? without_code(line) : line));
    }
  }

  void check_marks(const std::string& path, int number, const std::string& line) {
    for (const std::string& place : machine_paths()) {
      if (line.find(place) != std::string::npos) report(path, number, "names a path of one machine: " + place);
    }
    for (const std::string& mark : unfinished_marks()) {
      if (holds_word(line, mark)) report(path, number, "holds " + mark + "; finish it or write an issue");
    }
    const bool may_sleep = !path.starts_with("tests/") || path.starts_with("tests/support/");
    if (!may_sleep && line.find(std::string("sleep_") + "for") != std::string::npos) {
      report(path, number, "sleeps; wait for an event with a deadline instead");
    }
  }

  void check_phrases(const std::string& path, int number, const std::vector<std::string>& words) {
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (at > 0 && words[at - 1] == "clang") continue;  // the names of its tools
      const auto candidates = by_first_word_.find(words[at]);
      if (candidates == by_first_word_.end()) continue;
      for (const BannedPhrase* phrase : candidates->second) {
        const std::size_t count = phrase->words.size();
        if (at + count > words.size()) continue;
        if (!std::equal(phrase->words.begin(), phrase->words.end(), words.begin() + static_cast<std::ptrdiff_t>(at)))
          continue;
        std::string text;
        for (const std::string& word : phrase->words) text.append(text.empty() ? "" : " ").append(word);
        report(path, number, "\"" + text + "\" is not a term of the field; write " + phrase->instead);
      }
    }
  }

  std::map<std::string, std::vector<const BannedPhrase*>> by_first_word_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<BannedPhrase> read_banned_phrases(std::string_view text) {
  std::vector<BannedPhrase> phrases;
  for (const std::string& line : lines_of(text)) {
    const auto equals = line.find(" = ");
    if (line.starts_with("#") || equals == std::string::npos) continue;
    phrases.push_back({words_of(line.substr(0, equals)), line.substr(equals + 3)});
  }
  return phrases;
}

std::vector<std::string> word_violations(const SourceTree& tree, const std::vector<BannedPhrase>& banned) {
  return WordInspector(banned).inspect(tree);
}

}  // namespace plenum::tests
