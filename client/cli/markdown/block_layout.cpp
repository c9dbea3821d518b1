#include "client/cli/markdown/block_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/cli/markdown/table_layout.h"
#include "client/cli/terminal/graphemes.h"
#include "common/base/strings.h"

namespace plenum::client {
namespace {

using StyledLines = std::vector<StyledLine>;
using NodeKind = MarkdownNode::Kind;

constexpr TextStyle heading_style{.color = TextColor::cyan, .bold = true};
constexpr TextStyle mark_style{.dim = true};
constexpr std::size_t inner_columns_min = 12;  // a narrower block is not indented any further

void append_lines(StyledLines& out, StyledLines lines) {
  out.insert(out.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
}

void append_wrapped(StyledLines& out, const std::vector<StyledLine>& text, std::size_t columns) {
  for (const StyledLine& line : text) append_lines(out, wrapped(line, columns));
}

// Puts `first` before the first line, and `next` before the others; no line ends with spaces.
void add_prefix(StyledLines& lines, const Span& first, const Span& next) {
  if (lines.empty()) lines.emplace_back();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Span prefix = i == 0 ? first : next;
    if (lines[i].empty()) prefix.text.erase(prefix.text.find_last_not_of(' ') + 1);
    if (!prefix.text.empty()) lines[i].insert(lines[i].begin(), std::move(prefix));
  }
}

bool can_indent(std::size_t columns, std::size_t by) { return columns >= by + inner_columns_min; }

class BlockLayout {
 public:
  StyledLines lines_of(const MarkdownNode& node, std::size_t columns);
  StyledLines lines_of_children(const MarkdownNode& node, std::size_t columns, bool blank_between);

 private:
  StyledLines list(const MarkdownNode& node, std::size_t columns);
  StyledLines item(const MarkdownNode& node, std::size_t columns, const std::string& marker, bool tight);

  std::size_t list_depth_ = 0;
};

StyledLines heading_lines(const MarkdownNode& node, std::size_t columns) {
  StyledLines out;
  for (StyledLine line : node.lines) {
    for (Span& span : line) {
      span.style.bold = true;
      if (span.style.color == TextColor::none) span.style.color = heading_style.color;
    }
    append_lines(out, wrapped(line, columns));
  }
  return out;
}

StyledLines code_block_lines(const MarkdownNode& node, std::size_t columns) {
  StyledLines out = code_label(node.info, columns);
  CodeHighlighter highlighter(code_language(node.info));
  std::string_view rest = node.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    append_lines(out, code_lines(rest.substr(0, end), highlighter, columns));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

StyledLines BlockLayout::lines_of(const MarkdownNode& node, std::size_t columns) {
  StyledLines out;
  switch (node.kind) {
    case NodeKind::heading: {
      const std::string mark = std::string(node.level, '#') + ' ';
      const bool indented = can_indent(columns, mark.size());
      out = heading_lines(node, indented ? columns - mark.size() : columns);
      if (indented) add_prefix(out, {mark, heading_style}, {std::string(mark.size(), ' '), {}});
      break;
    }
    case NodeKind::list:
      out = list(node, columns);
      break;
    case NodeKind::quote: {
      const bool indented = can_indent(columns, 2);
      out = lines_of_children(node, indented ? columns - 2 : columns, true);
      if (indented) add_prefix(out, {"│ ", mark_style}, {"│ ", mark_style});
      break;
    }
    case NodeKind::code:
      out = code_block_lines(node, columns);
      break;
    case NodeKind::table:
      out = table_lines(node, columns);
      break;
    case NodeKind::rule: {
      std::string rule;
      for (std::size_t i = 0; i < columns; ++i) rule += "─";
      out.push_back({{std::move(rule), mark_style}});
      break;
    }
    default:
      append_wrapped(out, node.lines, columns);
  }
  return out;
}

StyledLines BlockLayout::lines_of_children(const MarkdownNode& node, std::size_t columns, bool blank_between) {
  StyledLines out;
  for (const MarkdownNode& child : node.children) {
    if (blank_between && !out.empty()) out.emplace_back();
    append_lines(out, lines_of(child, columns));
  }
  return out;
}

StyledLines BlockLayout::list(const MarkdownNode& node, std::size_t columns) {
  constexpr std::string_view bullets[] = {"• ", "◦ ", "▪ "};
  const std::string bullet(bullets[std::min(list_depth_, std::size(bullets) - 1)]);
  // Numbers are aligned to the right, so that texts begin in one column.
  const std::uint64_t last = node.number.value_or(0) + static_cast<std::uint64_t>(node.children.size()) - 1;
  const std::size_t digits = std::to_string(last).size();
  ++list_depth_;
  StyledLines out;
  std::uint64_t number = node.number.value_or(0);
  for (const MarkdownNode& child : node.children) {
    if (!node.tight && !out.empty()) out.emplace_back();
    append_lines(out,
                 item(child, columns, node.number ? fmt::format("{:>{}}. ", number++, digits) : bullet, node.tight));
  }
  --list_depth_;
  return out;
}

StyledLines BlockLayout::item(const MarkdownNode& node, std::size_t columns, const std::string& marker, bool tight) {
  std::string mark = marker;
  if (node.checked) mark += *node.checked ? "[x] " : "[ ] ";
  const std::size_t mark_columns = width_of({{mark, {}}});
  const bool indented = can_indent(columns, mark_columns);
  StyledLines out = lines_of_children(node, indented ? columns - mark_columns : columns, !tight);
  if (indented) {
    add_prefix(out, {mark, mark_style}, {std::string(mark_columns, ' '), {}});
  } else {
    out.insert(out.begin(), wrapped({{mark, mark_style}}, columns).front());
  }
  return out;
}

std::string without_tabs(std::string_view text) {
  if (text.find('\t') == text.npos) return std::string(text);
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    if (text.front() == '\t') {
      const std::size_t spaces = 4 - column % 4;
      out.append(spaces, ' ');
      column += spaces;
      text.remove_prefix(1);
      continue;
    }
    // A grapheme cluster does not reach across a tab.
    std::string_view part = text.substr(0, text.find('\t'));
    text.remove_prefix(part.size());
    out += part;
    while (!part.empty()) column += next_grapheme(part).columns;
  }
  return out;
}

// Divides between grapheme clusters, and drops no space: indentation matters in code.
StyledLines divided_code(const StyledLine& line, std::size_t columns) {
  StyledLines out(1);
  std::size_t used = 0;
  for (const Span& span : line) {
    std::string_view rest = span.text;
    while (!rest.empty()) {
      const Grapheme grapheme = next_grapheme(rest);
      if (used + grapheme.columns > columns && used > 0) {
        out.emplace_back();
        used = 0;
      }
      StyledLine& last = out.back();
      if (last.empty() || !(last.back().style == span.style)) last.push_back({"", span.style});
      last.back().text += grapheme.bytes;
      used += grapheme.columns;
    }
  }
  return out;
}

}  // namespace

std::vector<StyledLine> block_lines(const MarkdownNode& document, std::size_t columns) {
  return BlockLayout().lines_of_children(document, columns, true);
}

std::vector<StyledLine> code_lines(std::string_view text, CodeHighlighter& highlighter, std::size_t columns) {
  const bool indented = can_indent(columns, 2);
  StyledLines out = divided_code(highlighter.line(without_tabs(text)), indented ? columns - 2 : columns);
  if (indented) add_prefix(out, {"  ", {}}, {"  ", {}});
  return out;
}

std::vector<StyledLine> code_label(std::string_view info, std::size_t columns) {
  const std::string_view name = trimmed(info);
  if (name.empty()) return {};
  CodeHighlighter plain;
  StyledLines out = code_lines(name, plain, columns);
  for (StyledLine& line : out) {
    for (Span& span : line) span.style = mark_style;
  }
  return out;
}

}  // namespace plenum::client
