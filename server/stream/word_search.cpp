#include "server/stream/word_search.h"

#include <algorithm>

#include "common/base/strings.h"

namespace plenum::stream {

namespace {

bool contains_word(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace

bool contains_words(std::initializer_list<std::string_view> texts, std::string_view words) {
  return each_word(words, [&](std::string_view word) {
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) { return contains_word(text, word); });
  });
}

}  // namespace plenum::stream
