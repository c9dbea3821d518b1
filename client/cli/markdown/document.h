// Markdown as a tree of blocks with styled text. The client's only subject that uses md4c.
// Pure: any thread. Source: CommonMark 0.30; GitHub Flavored Markdown (tables, strikethrough, task lists, autolinks).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

enum class CellAlign : std::uint8_t { left, center, right };

struct MarkdownNode {
  enum class Kind : std::uint8_t { document, paragraph, heading, list, item, quote, code, table, row, cell, rule };
  Kind kind = Kind::document;
  std::vector<StyledLine> lines{};   // of a paragraph, heading or cell: its text, divided at line breaks
  std::string text{};                // of code
  std::string info{};                // of fenced code: the language and more
  unsigned level = 0;                // of a heading: 1 to 6
  std::optional<unsigned> number{};  // of an ordered list: of its first item
  bool tight = true;                 // of a list: no blank lines between blocks
  std::optional<bool> checked{};     // of an item of a task list
  bool header = false;               // of a row
  CellAlign align = CellAlign::left;
  std::vector<MarkdownNode> children{};
};

// Nothing if the text has more blocks, or deeper nesting, than an answer has: a table of many columns multiplies its
// text, and deep nesting the work. It is then shown as it is.
// text: filtered (terminal_text.h). HTML is text, except <br>. A newline in a paragraph is a line break: models, unlike
// people with an editor, break a line only where they mean it.
std::optional<MarkdownNode> parse_markdown(std::string_view text);

}  // namespace plenum::client
