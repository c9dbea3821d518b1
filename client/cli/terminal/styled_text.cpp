#include "client/cli/terminal/styled_text.h"

#include <algorithm>
#include <string_view>

#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/graphemes.h"

namespace plenum::client {
namespace {

// A grapheme cluster of a line.
struct Cell {
  std::string_view bytes;
  std::size_t columns;
  const TextStyle* style;

  bool is_space() const { return bytes == " "; }
};

std::vector<Cell> cells_of(const StyledLine& line) {
  std::vector<Cell> cells;
  for (const Span& span : line) {
    for (std::string_view rest = span.text; !rest.empty();) {
      const Grapheme grapheme = next_grapheme(rest);
      cells.push_back({grapheme.bytes, grapheme.columns, &span.style});
    }
  }
  return cells;
}

void append_text(StyledLine& line, std::string_view text, const TextStyle& style) {
  if (line.empty() || line.back().style != style) line.push_back({{}, style});
  line.back().text += text;
}

class LineWrapper {
 public:
  LineWrapper(std::size_t columns, std::size_t indent) : columns_(columns), indent_(indent) {}

  std::vector<StyledLine> wrap(const std::vector<Cell>& cells) {
    for (std::size_t at = 0; at < cells.size();) {
      const std::size_t spaces_end = end_of(cells, at, true);
      const std::size_t word_end = end_of(cells, spaces_end, false);
      place(cells, at, spaces_end, word_end);
      at = word_end;
    }
    return std::move(lines_);
  }

 private:
  static std::size_t end_of(const std::vector<Cell>& cells, std::size_t at, bool spaces) {
    while (at < cells.size() && cells[at].is_space() == spaces) ++at;
    return at;
  }

  static std::size_t width(const std::vector<Cell>& cells, std::size_t begin, std::size_t end) {
    std::size_t sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += cells[i].columns;
    return sum;
  }

  // The spaces from `begin` to `word`, and the word up to `end`.
  void place(const std::vector<Cell>& cells, std::size_t begin, std::size_t word, std::size_t end) {
    const std::size_t spaces = word - begin, letters = width(cells, word, end);
    if (used_ + spaces + letters > columns_ && letters > 0) {
      // A word that no line can hold starts on this one, so that text without spaces (Chinese, Japanese) fills it.
      const bool splits = letters > columns_ - indent_;
      if (!splits || used_ + spaces >= columns_) {
        if (used_ > 0) start_line();
        begin = word;
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (used_ + cells[i].columns > columns_) {
        if (i < word) continue;  // a space at the end of the line
        if (used_ > indent_at_start()) start_line();
      }
      append_text(lines_.back(), cells[i].bytes, *cells[i].style);
      used_ += cells[i].columns;
    }
  }

  std::size_t indent_at_start() const { return lines_.size() > 1 ? indent_ : 0; }

  void start_line() {
    lines_.emplace_back();
    if (indent_ > 0) append_text(lines_.back(), std::string(indent_, ' '), {});
    used_ = indent_;
  }

  const std::size_t columns_, indent_;
  std::vector<StyledLine> lines_ = std::vector<StyledLine>(1);
  std::size_t used_ = 0;  // columns of the last line
};

std::string sgr_codes(const TextStyle& style) {
  std::string codes;
  const auto add = [&codes](bool wanted, std::string_view code) {
    if (!wanted) return;
    if (!codes.empty()) codes += ';';
    codes += code;
  };
  add(style.bold, "1");
  add(style.dim, "2");
  add(style.italic, "3");
  add(style.underline, "4");
  add(style.reverse, "7");
  add(style.strike, "9");
  constexpr std::string_view colors[] = {"", "31", "32", "33", "34", "35", "36", "90"};
  add(style.color != TextColor::none, colors[static_cast<std::size_t>(style.color)]);
  return codes;
}

}  // namespace

std::size_t width_of(const StyledLine& line) {
  std::size_t columns = 0;
  for (const Span& span : line) columns += display_width(span.text);
  return columns;
}

std::string plain_text(const StyledLine& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

std::vector<StyledLine> wrapped(const StyledLine& line, std::size_t columns, std::size_t indent) {
  columns = std::max<std::size_t>(columns, 1);
  constexpr std::size_t text_columns_min = 2;  // of a continuation line: one wide character
  if (indent + text_columns_min > columns) indent = 0;
  return LineWrapper(columns, indent).wrap(cells_of(line));
}

StyledLine fitted(const StyledLine& line, std::size_t columns) {
  if (width_of(line) <= columns) return line;
  StyledLine cut;
  if (columns == 0) return cut;
  std::size_t used = 0;
  for (const Cell& cell : cells_of(line)) {
    if (used + cell.columns > columns - 1) {  // the ellipsis takes one column
      append_text(cut, "…", *cell.style);
      break;
    }
    append_text(cut, cell.bytes, *cell.style);
    used += cell.columns;
  }
  return cut;
}

std::string terminal_bytes(const StyledLine& line, bool color) {
  std::string bytes;
  for (const Span& span : line) {
    const std::string codes = color ? sgr_codes(span.style) : std::string();
    if (codes.empty() || span.text.empty()) {
      bytes += span.text;
    } else {
      bytes += "\x1b[" + codes + "m" + span.text + "\x1b[0m";
    }
  }
  return bytes;
}

}  // namespace plenum::client
