// The word lists of task_comparison.h. Words are in lower case. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace plenum::workflow {

enum class WordClass : std::uint8_t {
  filler,   // does not change the answer
  content,  // the subject
  decisive  // changes the answer although the subject is the same: numbers, negations, direction, degree, time, person
};

struct ComparedWord {
  std::string text;  // one text for all words that count as equal
  WordClass word_class = WordClass::content;
};

// English; negations also of German, French, Spanish, Italian, Portuguese and Dutch. Words of other languages are
// content.
ComparedWord classified(std::string_view word);
// Whether a capital letter at the start of a sentence does not make the word a name.
bool starts_sentences(std::string_view word);
// Without the endings of plurals and verb forms.
std::string stem_of(std::string_view word);

}  // namespace plenum::workflow
