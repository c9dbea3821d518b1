// Word wrap of help texts. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plenum {

// Breaks text at spaces into lines of at most `columns` characters. Every line after the first starts with `indent`
// spaces, which count. A word that is longer than a line stays whole.
std::string word_wrapped(std::string_view text, std::size_t columns, std::size_t indent = 0);

// Wraps a text of paragraphs: consecutive lines are one paragraph. Empty lines and lines that start with a space
// (tables, commands) are unchanged. Each line ends with a newline.
std::string paragraphs_wrapped(std::string_view text, std::size_t columns);

}  // namespace plenum
