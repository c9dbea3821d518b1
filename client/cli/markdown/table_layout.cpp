#include "client/cli/markdown/table_layout.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>

namespace plenum::client {
namespace {

using Widths = std::vector<std::size_t>;

constexpr TextStyle table_line_style{.dim = true};
constexpr std::size_t gap_columns = 3;            // " │ "
constexpr std::size_t narrow_column_columns = 8;  // a wrapped column is at least so wide

std::size_t cell_width(const MarkdownNode& cell) {
  std::size_t width = 0;
  for (const StyledLine& line : cell.lines) width = std::max(width, width_of(line));
  return width;
}

Widths natural_widths(const MarkdownNode& table) {
  Widths widths;
  for (const MarkdownNode& row : table.children) {
    widths.resize(std::max(widths.size(), row.children.size()), 1);
    for (std::size_t i = 0; i < row.children.size(); ++i) {
      widths[i] = std::max(widths[i], cell_width(row.children[i]));
    }
  }
  return widths;
}

// Reduces the widths so that their sum is at most `available`: narrow columns keep theirs, wide ones share the rest.
// Empty if they would become too narrow.
Widths fitting_widths(Widths widths, std::size_t available) {
  std::size_t needed = 0;
  for (const std::size_t width : widths) needed += std::min(width, narrow_column_columns);
  if (needed > available) return {};
  std::vector<std::size_t> by_width(widths.size());
  std::iota(by_width.begin(), by_width.end(), std::size_t{0});
  std::sort(by_width.begin(), by_width.end(), [&](auto a, auto b) { return widths[a] < widths[b]; });
  std::size_t columns_left = widths.size();
  for (const std::size_t i : by_width) {
    widths[i] = std::min(widths[i], available / columns_left);
    available -= widths[i];
    --columns_left;
  }
  return widths;
}

void pad_cell(StyledLine& line, std::size_t width, CellAlign align) {
  const std::size_t spaces = width - std::min(width, width_of(line));
  const std::size_t before = align == CellAlign::right ? spaces : align == CellAlign::center ? spaces / 2 : 0;
  if (before > 0) line.insert(line.begin(), {std::string(before, ' '), {}});
  if (spaces > before) line.push_back({std::string(spaces - before, ' '), {}});
}

void trim_end(StyledLine& line) {
  while (!line.empty()) {
    std::string& text = line.back().text;
    text.erase(text.find_last_not_of(' ') + 1);
    if (!text.empty()) return;
    line.pop_back();
  }
}

std::vector<StyledLine> cell_lines(const MarkdownNode& cell, std::size_t width, bool header) {
  std::vector<StyledLine> out;
  for (StyledLine line : cell.lines) {
    for (Span& span : line) span.style.bold |= header;
    for (StyledLine& part : wrapped(line, width)) out.push_back(std::move(part));
  }
  return out;
}

std::vector<StyledLine> table_row_lines(const MarkdownNode& row, const Widths& widths) {
  std::vector<StyledLine> out;
  for (std::size_t column = 0; column < row.children.size(); ++column) {
    const MarkdownNode& cell = row.children[column];
    const std::vector<StyledLine> lines = cell_lines(cell, widths[column], row.header);
    out.resize(std::max(out.size(), lines.size()));
  }
  for (std::size_t column = 0; column < row.children.size(); ++column) {
    const MarkdownNode& cell = row.children[column];
    std::vector<StyledLine> lines = cell_lines(cell, widths[column], row.header);
    lines.resize(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (column > 0) out[i].push_back({" │ ", table_line_style});
      pad_cell(lines[i], widths[column], cell.align);
      std::move(lines[i].begin(), lines[i].end(), std::back_inserter(out[i]));
    }
  }
  for (StyledLine& line : out) trim_end(line);
  return out;
}

StyledLine line_between(const Widths& widths) {
  std::string text;
  for (std::size_t column = 0; column < widths.size(); ++column) {
    if (column > 0) text += "─┼─";
    for (std::size_t i = 0; i < widths[column]; ++i) text += "─";
  }
  return {{std::move(text), table_line_style}};
}

std::vector<StyledLine> table_grid(const MarkdownNode& table, const Widths& widths, bool wraps) {
  std::vector<StyledLine> out;
  for (std::size_t i = 0; i < table.children.size(); ++i) {
    const MarkdownNode& row = table.children[i];
    const bool below_header = i > 0 && table.children[i - 1].header;
    if (below_header || (wraps && i > 0)) out.push_back(line_between(widths));
    for (StyledLine& line : table_row_lines(row, widths)) out.push_back(std::move(line));
  }
  return out;
}

// `header: value` for each cell.
void add_record(const MarkdownNode* header, const MarkdownNode& row, std::size_t columns,
                std::vector<StyledLine>& out) {
  for (std::size_t column = 0; column < row.children.size(); ++column) {
    StyledLine line;
    if (header != nullptr && column < header->children.size()) {
      for (const StyledLine& part : header->children[column].lines) {
        for (Span span : part) {
          span.style.bold = true;
          line.push_back(std::move(span));
        }
      }
      line.push_back({": ", table_line_style});
    }
    const std::vector<StyledLine>& lines = row.children[column].lines;
    if (!lines.empty()) line.insert(line.end(), lines.front().begin(), lines.front().end());
    trim_end(line);
    for (StyledLine& part : wrapped(line, columns, 2)) out.push_back(std::move(part));
    for (std::size_t i = 1; i < lines.size(); ++i) {
      StyledLine next = lines[i];
      next.insert(next.begin(), {"  ", {}});
      for (StyledLine& part : wrapped(next, columns, 2)) out.push_back(std::move(part));
    }
  }
}

std::vector<StyledLine> table_records(const MarkdownNode& table, std::size_t columns) {
  const MarkdownNode* header =
      !table.children.empty() && table.children.front().header ? &table.children.front() : nullptr;
  std::vector<StyledLine> out;
  const bool only_header = table.children.size() == 1;
  for (const MarkdownNode& row : table.children) {
    if (&row == header && !only_header) continue;
    if (!out.empty()) out.emplace_back();
    add_record(only_header ? nullptr : header, row, columns, out);
  }
  return out;
}

}  // namespace

std::vector<StyledLine> table_lines(const MarkdownNode& table, std::size_t columns) {
  const Widths natural = natural_widths(table);
  const std::size_t gaps = natural.empty() ? 0 : gap_columns * (natural.size() - 1);
  const std::size_t total = std::accumulate(natural.begin(), natural.end(), gaps);
  if (total <= columns) return table_grid(table, natural, false);
  const Widths widths = gaps < columns ? fitting_widths(natural, columns - gaps) : Widths{};
  return widths.empty() ? table_records(table, columns) : table_grid(table, widths, true);
}

}  // namespace plenum::client
