// Renders Markdown that grows, such as the answer of a model, for a terminal. Finished blocks become lines once and
// never change; the unfinished block is shown as plain text until its end is known. The lines do not depend on how the
// text was divided. The work per byte does not grow with the length of the text.
// Not thread-safe: one stream per text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/markdown/block_splitter.h"
#include "client/cli/markdown/code_highlighter.h"
#include "client/cli/terminal/styled_text.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

class MarkdownStream {
 public:
  // columns: of the terminal, at least 1.
  explicit MarkdownStream(std::size_t columns) : columns_(columns) {}

  // For blocks that are not finished.
  void set_columns(std::size_t columns) { columns_ = columns; }

  // Adds text, which is not trusted and may be split at any byte. Appends the lines of every block that it finishes.
  void feed(std::string_view text, std::vector<StyledLine>& out);
  // Appends the lines of the last block. The stream can then be used for another text.
  void finish(std::vector<StyledLine>& out);

  // The unfinished block, at most its last `lines_max` lines.
  std::vector<StyledLine> tail(std::size_t lines_max) const;

 private:
  void take_line(std::string_view line);
  void render(std::vector<StyledLine>& out);
  void render_piece(const MarkdownPiece& piece, std::vector<StyledLine>& out);
  void separate(const MarkdownPiece& piece, std::vector<StyledLine>& out);

  std::size_t columns_;
  TerminalText filter_;
  std::string line_;  // the unfinished line
  BlockSplitter splitter_;
  std::vector<MarkdownPiece> pieces_;  // to be rendered
  CodeHighlighter highlighter_;        // of the code block
  bool any_line_ = false;              // was rendered
  bool after_code_ = false;            // the last block was code
};

// Renders a whole text.
std::vector<StyledLine> markdown_lines(std::string_view text, std::size_t columns);

}  // namespace plenum::client
