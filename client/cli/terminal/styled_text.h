// Text with attributes, apart from escape sequences: what views lay out before it becomes bytes of a terminal.
// Pure: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plenum::client {

enum class TextColor : std::uint8_t { none, red, green, yellow, blue, magenta, cyan, gray };

struct TextStyle {
  TextColor color = TextColor::none;
  bool bold = false, dim = false, italic = false, underline = false, strike = false, reverse = false;
  bool operator==(const TextStyle&) const = default;
};

struct Span {
  std::string text;  // filtered (terminal_text.h), without newlines and tabs
  TextStyle style{};
  bool operator==(const Span&) const = default;
};
using StyledLine = std::vector<Span>;

std::size_t width_of(const StyledLine& line);
std::string plain_text(const StyledLine& line);

// Wraps at spaces, and inside a word only if it is wider than a line, then between grapheme clusters. Spaces at a break
// are dropped. Continuation lines begin with `indent` columns of spaces, unless no space is left for text. Returns
// at least one line.
std::vector<StyledLine> wrapped(const StyledLine& line, std::size_t columns, std::size_t indent = 0);

// At most `columns` columns; truncated with an ellipsis.
StyledLine fitted(const StyledLine& line, std::size_t columns);

// The bytes for a terminal, without a newline: SGR sequences (ECMA-48, 8.3.117), which are reset at the end of each
// span. color false: the text alone.
std::string terminal_bytes(const StyledLine& line, bool color);

}  // namespace plenum::client
