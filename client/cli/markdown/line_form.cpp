#include "client/cli/markdown/line_form.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace plenum::client {
namespace {

constexpr std::size_t code_indent = 4;  // columns of an indented code block

bool is_white(char byte) { return byte == ' ' || byte == '\t'; }

// The white space at the front of `text`, which begins in column `from`.
struct Indent {
  std::size_t bytes = 0, columns = 0;
};
Indent indent_of(std::string_view text, std::size_t from) {
  Indent indent;
  for (; indent.bytes < text.size() && is_white(text[indent.bytes]); ++indent.bytes) {
    indent.columns += text[indent.bytes] == ' ' ? 1 : 4 - (from + indent.columns) % 4;
  }
  return indent;
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t run_length(std::string_view text, char mark) { return std::min(text.find_first_not_of(mark), text.size()); }

bool is_rule(std::string_view text) {
  const char mark = text.front();
  if (mark != '*' && mark != '-' && mark != '_') return false;
  const auto marks = std::count(text.begin(), text.end(), mark);
  return marks >= 3 && std::all_of(text.begin(), text.end(), [&](char c) { return c == mark || is_white(c); });
}

bool is_heading(std::string_view text) {
  const std::size_t level = run_length(text, '#');
  return level >= 1 && level <= 6 && (level == text.size() || is_white(text[level]));
}

bool read_fence(std::string_view text, CodeFence& fence) {
  const char mark = text.front();
  if (mark != '`' && mark != '~') return false;
  const std::size_t length = run_length(text, mark);
  std::string_view info = without_trailing_space(text.substr(length));
  info.remove_prefix(indent_of(info, 0).bytes);
  if (length < 3 || (mark == '`' && info.find('`') != info.npos)) return false;  // otherwise inline code
  fence = {mark, length, info};
  return true;
}

// text begins in column `indent` and byte `offset` of its line.
bool read_item(std::string_view text, std::size_t indent, std::size_t offset, ItemMarker& item) {
  constexpr std::size_t digits_max = 9;
  std::size_t marker = 0;
  while (marker < text.size() && text[marker] >= '0' && text[marker] <= '9') ++marker;
  if (marker > digits_max || marker == text.size()) return false;
  item.mark = text[marker];
  item.ordered = marker > 0;
  if (item.ordered ? item.mark != '.' && item.mark != ')' : item.mark != '-' && item.mark != '+' && item.mark != '*') {
    return false;
  }
  std::from_chars(text.data(), text.data() + marker, item.number);
  ++marker;
  const Indent space = indent_of(text.substr(marker), indent + marker);
  item.has_content = marker + space.bytes < text.size();
  if (item.has_content && space.columns == 0) return false;
  // More than four spaces are one space and an indented code block.
  const bool code = !item.has_content || space.columns > code_indent;
  item.content_indent = indent + marker + (code ? 1 : space.columns);
  item.content_offset = offset + marker + (code ? std::min<std::size_t>(space.bytes, 1) : space.bytes);
  return true;
}

// The end of the inline code that begins at `at`, or of the backticks there that begin none.
std::size_t end_of_code(std::string_view text, std::size_t at) {
  const std::size_t length = run_length(text.substr(at), '`');
  for (std::size_t i = text.find('`', at + length); i != text.npos; i = text.find('`', i)) {
    const std::size_t run = run_length(text.substr(i), '`');
    i += run;
    if (run == length) return i;
  }
  return at + length;
}

// The positions of the pipes between cells: not the first and the last character of the row, not escaped, not in code.
std::vector<std::size_t> pipes_between_cells(std::string_view row) {
  row = without_trailing_space(row);
  const std::size_t begin = indent_of(row, 0).bytes;
  std::vector<std::size_t> pipes;
  for (std::size_t i = begin; i < row.size(); ++i) {
    if (row[i] == '\\') {
      ++i;
    } else if (row[i] == '`') {
      i = end_of_code(row, i) - 1;
    } else if (row[i] == '|' && i > begin && i + 1 < row.size()) {
      pipes.push_back(i);
    }
  }
  return pipes;
}

}  // namespace

LineForm line_form(std::string_view line) {
  LineForm form;
  const Indent indent = indent_of(line, 0);
  form.indent = indent.columns;
  const std::string_view text = line.substr(indent.bytes);
  if (text.empty()) {
    form.kind = LineKind::blank;
  } else if (form.indent >= code_indent) {
    form.kind = LineKind::text;
  } else if (text.front() == '>') {
    form.kind = LineKind::quote;
  } else if (is_heading(text)) {
    form.kind = LineKind::heading;
  } else if (is_rule(text)) {
    form.kind = LineKind::rule;
  } else if (read_fence(text, form.fence)) {
    form.kind = LineKind::fence;
  } else if (read_item(text, indent.columns, indent.bytes, form.item)) {
    form.kind = LineKind::item;
  }
  return form;
}

bool closes_fence(std::string_view line, const CodeFence& fence) {
  const Indent indent = indent_of(line, 0);
  const std::string_view text = without_trailing_space(line.substr(indent.bytes));
  return indent.columns < code_indent && text.size() >= fence.length && run_length(text, fence.mark) == text.size();
}

bool is_heading_underline(std::string_view line) {
  const Indent indent = indent_of(line, 0);
  const std::string_view text = without_trailing_space(line.substr(indent.bytes));
  if (text.empty() || indent.columns >= code_indent || (text.front() != '=' && text.front() != '-')) return false;
  return run_length(text, text.front()) == text.size();
}

bool is_table_delimiter(std::string_view line) {
  return line.find_first_not_of("|:- \t") == line.npos && line.find('|') != line.npos && line.find('-') != line.npos;
}

std::size_t table_cells(std::string_view row) { return pipes_between_cells(row).size() + 1; }

std::string with_table_cells(std::string_view row, std::size_t cells) {
  const std::vector<std::size_t> pipes = pipes_between_cells(row);
  std::string out(row);
  for (std::size_t i = pipes.size(); i > 0; --i) {
    const std::size_t at = pipes[i - 1];
    if (at + 1 < row.size() && row[at + 1] == '|') out.insert(at + 1, 1, ' ');
    if (i >= cells) out.insert(at, 1, '\\');
  }
  return out;
}

}  // namespace plenum::client
