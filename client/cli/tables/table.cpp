#include "client/cli/tables/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t wrapped_columns_min = 24;  // of a last column; a narrower one is hard to read

using Row = std::vector<std::string>;

std::string padded(const std::string& cell, std::size_t width, bool right) {
  const std::string spaces(width - std::min(width, display_width(cell)), ' ');
  return right ? spaces + cell : cell + spaces;
}

// A line that is wrapped at the width; the lines after the first one begin with `indent` spaces.
std::string lines_of(const std::string& line, std::size_t columns, std::size_t indent) {
  std::string text;
  for (const StyledLine& one : wrapped({{line}}, columns, indent)) text += plain_text(one) + "\n";
  return text;
}

Row titles_of(const Table& table) {
  Row titles;
  for (const TableColumn& column : table.columns) titles.push_back(column.title);
  return titles;
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths(table.columns.size(), 0);
  const auto widen = [&](const Row& row) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  };
  widen(titles_of(table));
  for (const Row& row : table.rows) widen(row);
  return widths;
}

// Everything but the last cell, padded.
std::string lead_of(const Table& table, const Row& row, const std::vector<std::size_t>& widths) {
  std::string lead;
  for (std::size_t i = 0; i + 1 < row.size(); ++i) {
    lead += padded(row[i], widths[i], table.columns[i].right) + std::string(gap, ' ');
  }
  return lead;
}

std::string row_text(const Table& table, const Row& row, const std::vector<std::size_t>& widths, std::size_t columns) {
  const bool right = table.columns.back().right;
  std::string line = lead_of(table, row, widths) + (right ? padded(row.back(), widths.back(), true) : row.back());
  line.erase(line.find_last_not_of(' ') + 1);
  const std::size_t lead = std::accumulate(widths.begin(), widths.end() - 1, gap * (widths.size() - 1));
  if (display_width(line) <= columns) return line + "\n";
  const std::string head = lead_of(table, row, widths);
  std::string text;
  for (const StyledLine& one : wrapped({{row.back()}}, columns - lead)) {
    text += (text.empty() ? head : std::string(lead, ' ')) + plain_text(one) + "\n";
  }
  return text;
}

// The first cell on a line of its own, the others below it with their titles.
std::string block_text(const Table& table, const Row& row, std::size_t title_width, std::size_t columns) {
  std::string text = row.front() + "\n";
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (row[i].empty()) continue;
    const std::string head = "  " + padded(table.columns[i].title, title_width, false) + std::string(gap, ' ');
    text += hanging_line(head, row[i], columns);
  }
  return text;
}

}  // namespace

std::string table_text(const Table& table, std::size_t columns) {
  const auto widths = widths_of(table);
  const std::size_t lead = std::accumulate(widths.begin(), widths.end() - 1, gap * (widths.size() - 1));
  const bool fits = lead + widths.back() <= columns;
  std::string text;
  if (fits || (lead + wrapped_columns_min <= columns && !table.columns.back().right)) {
    text = row_text(table, titles_of(table), widths, columns);
    for (const Row& row : table.rows) text += row_text(table, row, widths, columns);
    return text;
  }
  std::size_t title_width = 0;
  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    title_width = std::max(title_width, display_width(table.columns[i].title));
  }
  for (const Row& row : table.rows) text += block_text(table, row, title_width, columns);
  return text;
}

std::string hanging_line(const std::string& head, const std::string& line, std::size_t columns) {
  return lines_of(head + line, columns, display_width(head));
}

std::string wrapped_text(const std::string& text, std::size_t columns) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    out += line.empty() ? "\n" : lines_of(line, columns, indent);
    at = end + 1;
  }
  return out;
}

}  // namespace plenum::client
