// The table of programming languages that are highlighted. Pure: any thread.
#pragma once

#include <string_view>

namespace plenum::client {

// Lists are separated by spaces.
struct CodeLanguage {
  std::string_view names{};  // as in info strings, lower case
  std::string_view keywords{};
  std::string_view line_comment{};                  // what begins a comment to the end of the line
  std::string_view comment_begin{}, comment_end{};  // of a comment over several lines
  std::string_view quotes{};                        // characters that delimit strings on one line
  std::string_view long_quotes{};                   // delimiters of strings over several lines
  bool ignore_case = false;                         // of keywords, which are then listed in lower case
};

// The language of an info string such as `python` or `js title="a"`; null if it is not in the table.
const CodeLanguage* code_language(std::string_view info);

// Whether `word` is one of the words of `list`.
bool is_listed(std::string_view list, std::string_view word);

}  // namespace plenum::client
