// What no text of the repository may hold: idioms that are not terms of the field, paths of one machine, marks
// of unfinished work, and tests that sleep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/architecture/repository.h"

namespace plenum::tests {

// A row of banned_words.txt: the words in the order in which they must stand, and what to write instead.
struct BannedPhrase {
  std::vector<std::string> words;
  std::string instead;
};

// Reads `phrase = replacement` lines; `#` begins a comment.
std::vector<BannedPhrase> read_banned_phrases(std::string_view text);

// One line for each text that breaks a rule. Identifiers are read as the words that they are made of, so
// `page_size` and `PageSize` hold the word `page`. Code in Markdown is not prose and is skipped. Pure.
std::vector<std::string> word_violations(const SourceTree& tree, const std::vector<BannedPhrase>& banned);

}  // namespace plenum::tests
