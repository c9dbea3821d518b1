// Styles the lines of a code block: keywords, strings, comments, numbers. A lexer without a grammar: it colors what it
// is sure of and never changes the text.
// Not thread-safe: one highlighter per block.
#pragma once

#include <string>
#include <string_view>

#include "client/cli/markdown/code_languages.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

class CodeHighlighter {
 public:
  // language: null for plain text.
  explicit CodeHighlighter(const CodeLanguage* language = nullptr) : language_(language) {}

  // The next line, without newline and tabs.
  StyledLine line(std::string_view text);

 private:
  // Each removes what it recognizes from the front of `rest` and returns it; empty: nothing.
  std::string_view take_open(std::string_view& rest);
  std::string_view take_comment(std::string_view& rest);
  std::string_view take_long(std::string_view& rest, std::string_view begin, std::string_view end, TextStyle style);
  std::string_view take_string(std::string_view& rest);

  const CodeLanguage* language_;
  std::string_view open_until_;  // what ends the comment or string over several lines that is open; empty: none
  TextStyle open_style_;
};

}  // namespace plenum::client
