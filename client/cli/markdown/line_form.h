// The block-level form of one source line of Markdown: what starts, continues or ends a block.
// Pure: any thread. Source: CommonMark 0.30, chapters 4 and 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::client {

enum class LineKind : std::uint8_t { blank, text, heading, rule, fence, quote, item };

// The marker of a list item: `-`, `1.`
struct ItemMarker {
  char mark = 0;  // - + * of a bullet, . ) after a number
  bool ordered = false;
  bool has_content = false;
  unsigned number = 0;             // ordered
  std::size_t content_indent = 0;  // columns from which lines belong to the item
  std::size_t content_offset = 0;  // bytes
  bool same_list(const ItemMarker& other) const { return mark == other.mark && ordered == other.ordered; }
  // Whether the item ends a paragraph without a blank line.
  bool interrupts_paragraph() const { return has_content && (!ordered || number == 1); }
};

// The opening of a fenced code block.
struct CodeFence {
  char mark = 0;  // ` or ~
  std::size_t length = 0;
  std::string_view info;  // of the line: the language and more
};

struct LineForm {
  LineKind kind = LineKind::text;  // text also with an indent of 4 and more
  std::size_t indent = 0;          // columns
  ItemMarker item;                 // of an item
  CodeFence fence;                 // of a fence
};

// line: without its newline. Tabs reach to the next multiple of 4 columns.
LineForm line_form(std::string_view line);

bool closes_fence(std::string_view line, const CodeFence& fence);
// `---` or `===` below a paragraph, which makes it a heading.
bool is_heading_underline(std::string_view line);
// The second line of a table: `|---|:-:|`.
bool is_table_delimiter(std::string_view line);
// The number of cells of a table row.
std::size_t table_cells(std::string_view row);
// The row with at most `cells` cells: the pipes of further ones are escaped, so that they are text of the last one. A
// parser would remove them. Empty cells contain a space, which md4c needs.
std::string with_table_cells(std::string_view row, std::size_t cells);

}  // namespace plenum::client
