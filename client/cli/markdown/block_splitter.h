// Splits growing Markdown into its top-level blocks, so that a finished block can be shown while the text continues.
// Each item of a top-level list is a block of its own, and each line of a fenced code block a piece, because answers of
// models consist of long lists and long code. A boundary is reported only where no later text can join the parts; a
// piece may therefore contain more than one block.
// Pure. Not thread-safe: one splitter per text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/markdown/line_form.h"

namespace plenum::client {

struct MarkdownPiece {
  enum class Kind : std::uint8_t {
    block,       // text is Markdown
    plain,       // text is too long to be parsed
    code_begin,  // text is the info string
    code_line,
  };
  Kind kind = Kind::block;
  std::string text{};
  bool after_blank = false;               // a blank line is before it in the source
  LineKind begins_with{};                 // of a block
  std::optional<unsigned> item_number{};  // of an item of an ordered list
};

class BlockSplitter {
 public:
  // Blocks of more bytes are divided: the parser needs more than linear time for some texts.
  static constexpr std::size_t block_bytes_max = 32 * 1024;

  // Appends every piece that the line completes. line: without its newline.
  void feed(std::string_view line, std::vector<MarkdownPiece>& out);
  // Appends the unfinished block.
  void finish(std::vector<MarkdownPiece>& out);

  // The lines of the unfinished block, with their newlines.
  std::string_view open_text() const { return text_; }
  // Whether it is a code block, and a line would be code.
  bool in_code() const { return open_ == Open::code; }
  // Whether the next block follows a blank line.
  bool after_blank() const { return after_blank_; }

 private:
  enum class Open : std::uint8_t { nothing, paragraph, item, quote, indented_code, code };

  void feed_paragraph(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out);
  void feed_item(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out);
  void feed_quote(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out);
  void feed_code(std::string_view line, std::vector<MarkdownPiece>& out);
  void feed_blank();
  void begin(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out);
  void begin_item(const LineForm& form);
  void append(std::string_view line, std::vector<MarkdownPiece>& out);
  void append_table_delimiter(std::string_view line, std::vector<MarkdownPiece>& out);
  void close(std::vector<MarkdownPiece>& out);
  std::string without_definition(std::string_view line);

  Open open_ = Open::nothing;
  LineKind begins_with_{};
  std::string text_;             // of the open block
  std::size_t lines_ = 0;        // of the open block
  std::size_t blank_lines_ = 0;  // pending: they belong to the open block if it continues
  bool after_blank_ = false;     // of the open block, or of the next one
  std::size_t table_cells_ = 0;  // columns of the open table; 0: no table
  bool in_inner_code_ = false;   // in a fenced code block of an item or a quote
  bool list_continues_ = false;
  ItemMarker item_;           // of the last item
  unsigned item_number_ = 0;  // of the last item
  CodeFence fence_;           // without its info
  std::size_t fence_indent_ = 0;
};

}  // namespace plenum::client
