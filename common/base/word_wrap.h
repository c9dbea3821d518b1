// Word wrap of help texts. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plenum {

// Breaks text at spaces into lines that end at most at `columns`. The first line starts at column `indent`, where the
// caller's text ends; the others start with `indent` spaces. A word that is longer than a line stays whole.
std::string word_wrapped(std::string_view text, std::size_t columns, std::size_t indent = 0);

// Wraps a text of paragraphs: consecutive lines are one paragraph. Empty lines and lines that start with a space
// (tables, commands) are unchanged. Each line ends with a newline.
std::string paragraphs_wrapped(std::string_view text, std::size_t columns);

}  // namespace plenum
