// Pieces of a Markdown document that text from elsewhere cannot break out of. Pure: any thread.
// Sources: CommonMark 0.31.2, 2.4 (backslash escapes), 4.5 (fenced code blocks); GitHub Flavored Markdown
// 0.29, 4.10 (tables).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_result.h"

namespace plenum::task {

// One line of plain text for headings, table cells and list items: line ends and control characters become
// single spaces, and whatever could mean markup, HTML or the end of a cell is escaped.
std::string inline_text(std::string_view text);
// The same of the first line that is not blank, cut to so many characters.
std::string inline_title(std::string_view text, std::size_t characters_max);
// A whole text, byte for byte, between fences that no run of fence characters in it can close.
//   info  what the text is, e.g. `markdown`
std::string fenced_text(std::string_view text, std::string_view info);
// An http(s) address as a link, or as plain text when it could end the link or is no such address.
std::string link_to(std::string_view url);

// A numbered list of sources with their links; empty without any.
std::string source_list(const std::vector<SourceRef>& sources);

// Cells must be inline already. Every row has as many cells as the head.
using TableRow = std::vector<std::string>;
std::string table(const TableRow& head, const std::vector<TableRow>& rows);

}  // namespace plenum::task
