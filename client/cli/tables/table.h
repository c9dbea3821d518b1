// Tables for users: aligned columns if they fit, otherwise a wrapped last column, otherwise one block per row. Nothing
// is ever cut, so that every name can be copied. Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace plenum::client {

struct TableColumn {
  std::string title;
  bool right = false;  // aligned to the right
};

struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>> rows;  // one filtered line per cell (terminal_text.h)
};

// columns: the width of the terminal; columns_of_file: no limit.
std::string table_text(const Table& table, std::size_t columns);

// `head` and a filtered line, which continues below its beginning where it exceeds the width.
std::string hanging_line(const std::string& head, const std::string& line, std::size_t columns);
// Paragraphs of filtered text, wrapped at the width. Lines that begin with spaces keep them, also in their
// continuation.
std::string wrapped_text(const std::string& text, std::size_t columns);

}  // namespace plenum::client
