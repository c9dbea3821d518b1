// Lays out blocks of Markdown as lines of a terminal: word wrap, lists, quotes, tables, code. No line is wider than
// `columns`, and no text is cut. Pure: any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "client/cli/markdown/code_highlighter.h"
#include "client/cli/markdown/document.h"

namespace plenum::client {

// The blocks of a document, with blank lines between them. columns: at least 1.
std::vector<StyledLine> block_lines(const MarkdownNode& document, std::size_t columns);

// One line of a code block. text: without a newline.
std::vector<StyledLine> code_lines(std::string_view text, CodeHighlighter& highlighter, std::size_t columns);
// The line above a code block that names its language; nothing without one.
std::vector<StyledLine> code_label(std::string_view info, std::size_t columns);

}  // namespace plenum::client
