#include "client/cli/full/full_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/cli/live/region_layout.h"
#include "client/cli/live/row_layout.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {
namespace {

constexpr std::size_t beside_columns_min = 100;  // of a terminal with the list on the left
constexpr std::size_t beside_list_columns = 44;
constexpr std::size_t marker_columns = 3;  // "▸1 "
constexpr std::size_t frame_rows = 4;      // title, line above the text, progress, keys
constexpr TextStyle frame_style{.dim = true};
constexpr std::int64_t full_spinner_step_ms = 120;

void pad_to(StyledLine& line, std::size_t columns) {
  const std::size_t used = width_of(line);
  if (used < columns) line.push_back({std::string(columns - used, ' '), {}});
}

StyledLine bar_line(const std::string& title, const std::string& right, std::size_t columns) {
  StyledLine line{{"── ", frame_style}, {title.empty() ? "" : title + " ", {.bold = true}}};
  line = fitted(line, columns);
  const std::size_t used = width_of(line), tail = display_width(right) + 4;
  const std::size_t dashes = columns - std::min(columns, used + (right.empty() ? 0 : tail));
  std::string bar;
  for (std::size_t i = 0; i < dashes; ++i) bar += "─";
  line.push_back({std::move(bar), frame_style});
  if (!right.empty() && used + tail <= columns) line.push_back({" " + right + " ──", frame_style});
  return line;
}

class FullLayout {
 public:
  FullLayout(const FullContent& content, ScreenSize size)
      : content_(content),
        size_(size),
        geometry_(full_geometry(size, subjects(), content.state.expanded)),
        now_ms_(content.model.elapsed_ms(content.now)) {}

  std::vector<StyledLine> build() {
    std::vector<StyledLine> lines{title_line()};
    if (geometry_.beside) {
      add_beside(lines);
    } else {
      for (StyledLine& line : list_lines()) lines.push_back(std::move(line));
      lines.push_back(text_bar(size_.columns));
      for (std::size_t i = 0; i < geometry_.text_rows; ++i) lines.push_back(text_line(i));
    }
    lines.push_back(progress_line({content_.model, content_.now}, size_));
    lines.push_back(bottom_line());
    // A very low terminal: the last lines are the ones that are needed.
    if (lines.size() > size_.rows) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(size_.rows));
    for (StyledLine& line : lines) line = fitted(line, size_.columns);
    return lines;
  }

 private:
  std::size_t subjects() const { return content_.model.rows().size() + (content_.has_answer ? 1 : 0); }

  StyledLine title_line() const {
    const RunTotals& totals = content_.model.totals();
    StyledLine line{{terminal_line(totals.workflow), {.bold = true}}};
    if (!totals.task.empty()) line.push_back({"  " + terminal_line(totals.task), {}});
    return line;
  }

  StyledLine text_bar(std::size_t columns) const {
    if (content_.state.mode == FullMode::help) return bar_line("Keys", "", columns);
    const std::size_t last = std::min(content_.lines, content_.top + geometry_.text_rows);
    const bool whole = content_.lines <= geometry_.text_rows;
    const std::string position = whole ? "" : fmt::format("{}-{} of {}", content_.top + 1, last, content_.lines);
    return bar_line(content_.subject, position, columns);
  }

  StyledLine text_line(std::size_t index) const {
    if (content_.state.mode == FullMode::help) return help_line(index);
    return index < content_.text.size() ? content_.text[index] : StyledLine{};
  }

  static StyledLine help_line(std::size_t index) {
    if (index >= key_help().size()) return {};
    constexpr std::size_t keys_columns = 14;
    StyledLine line{{key_help()[index].keys, {.bold = true}}};
    pad_to(line, keys_columns);
    line.push_back({key_help()[index].action, {}});
    return line;
  }

  // The list, scrolled so that the chosen row is visible. Beside the text, rows have their figures if all of them fit.
  std::vector<StyledLine> list_lines() const {
    const std::size_t per_row = geometry_.beside && subjects() * 2 <= geometry_.list_rows ? 2 : 1;
    const std::size_t visible = geometry_.list_rows / per_row, selected = content_.state.selected;
    const std::size_t first = selected < visible ? 0 : selected + 1 - visible;
    std::vector<StyledLine> lines;
    for (std::size_t i = first; i < std::min(subjects(), first + visible); ++i) {
      std::vector<StyledLine> row = row_of_list(i, per_row > 1 ? RowDensity::figures : RowDensity::one_line);
      row.resize(per_row);
      std::move(row.begin(), row.end(), std::back_inserter(lines));
    }
    return lines;
  }

  std::vector<StyledLine> row_of_list(std::size_t index, RowDensity density) const {
    const bool selected = index == content_.state.selected;
    const std::size_t columns = geometry_.list_columns - std::min(geometry_.list_columns, marker_columns);
    const std::vector<RunRow>& all = content_.model.rows();
    std::vector<StyledLine> row;
    if (index < all.size()) {
      std::vector<const RunRow*> rows;
      for (const RunRow& one : all) rows.push_back(&one);
      const auto tick = static_cast<std::uint64_t>(now_ms_ / full_spinner_step_ms);
      row = row_lines(all[index], row_format(rows, columns, density), now_ms_, tick);
    } else {
      row.push_back({{"▪ Answer", {.color = TextColor::green, .bold = true}}});
    }
    for (Span& span : row.front()) span.style.reverse = selected;
    const std::string number = index < 9 ? std::to_string(index + 1) : " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string marker = i > 0 ? "   " : (selected ? "▸" : " ") + number + " ";
      row[i].insert(row[i].begin(), {marker, {.color = TextColor::cyan, .bold = selected}});
      row[i] = fitted(row[i], geometry_.list_columns);
    }
    return row;
  }

  void add_beside(std::vector<StyledLine>& lines) const {
    std::vector<StyledLine> list = list_lines();
    list.resize(geometry_.text_rows + 1);
    list.insert(list.begin(), bar_line("Members", "", geometry_.list_columns));
    for (std::size_t i = 0; i <= geometry_.text_rows; ++i) {
      StyledLine line = std::move(list[i]);
      pad_to(line, geometry_.list_columns);
      line.push_back({i == 0 ? "┬" : "│", frame_style});
      StyledLine text = i == 0 ? text_bar(geometry_.text_columns + 1) : text_line(i - 1);
      if (i > 0) line.push_back({" ", {}});
      std::move(text.begin(), text.end(), std::back_inserter(line));
      lines.push_back(std::move(line));
    }
  }

  StyledLine bottom_line() const {
    const FullState& state = content_.state;
    constexpr TextStyle question{.color = TextColor::yellow, .bold = true};
    switch (state.mode) {
      case FullMode::confirm_skip:
        return {{"Skip " + content_.subject + "? y/n", question}};
      case FullMode::confirm_cancel:
        return {{"Cancel the task? y/n", question}};
      case FullMode::search:
        return {{"/" + state.input, {}}, {" ", {.reverse = true}}};
      case FullMode::help:
        return {{"Any key closes the help.", frame_style}};
      case FullMode::normal:
        break;
    }
    if (!state.message.empty()) return {{terminal_line(state.message), {.color = TextColor::yellow}}};
    if (!content_.model.is_running()) return {{"The run has ended. q closes the screen, ? shows the keys.", question}};
    constexpr std::string_view hints[] = {"q leave",  "? keys", "↑↓ choose", "PgUp PgDn scroll",
                                          "/ search", "s skip", "c cancel",  "Enter expand"};
    std::string text;
    for (const std::string_view hint : hints) {
      const std::string longer = text + (text.empty() ? "" : "  ") + std::string(hint);
      if (display_width(longer) > size_.columns) break;
      text = longer;
    }
    return {{std::move(text), frame_style}};
  }

  const FullContent& content_;
  const ScreenSize size_;
  const FullGeometry geometry_;
  const std::int64_t now_ms_;
};

}  // namespace

FullGeometry full_geometry(ScreenSize size, std::size_t subjects, bool expanded) {
  FullGeometry geometry;
  const std::size_t rows = size.rows - std::min(size.rows, frame_rows);
  geometry.beside = size.columns >= beside_columns_min && !expanded;
  if (geometry.beside) {
    geometry.list_columns = beside_list_columns;
    geometry.list_rows = rows;
    geometry.text_columns = size.columns - beside_list_columns - 2;
    geometry.text_rows = rows;
    return geometry;
  }
  geometry.list_columns = size.columns;
  // At least half of the screen is text.
  geometry.list_rows = expanded ? 0 : std::min(subjects, std::max<std::size_t>(rows / 2, 1));
  geometry.text_columns = size.columns;
  geometry.text_rows = rows - std::min(rows, geometry.list_rows);
  return geometry;
}

std::vector<StyledLine> full_lines(const FullContent& content, ScreenSize size) {
  return FullLayout(content, size).build();
}

const std::vector<KeyHelp>& key_help() {
  static const std::vector<KeyHelp> rows{
      {"↑ ↓  k j", "choose a member"},
      {"1 … 9", "choose the member of this number"},
      {"Enter", "give the text the whole screen, and back"},
      {"PgUp PgDn", "scroll (also b and Space)"},
      {"g G", "go to the start or the end (also Home and End)"},
      {"/", "search in the text"},
      {"n N", "go to the next or the previous match"},
      {"s", "skip the member, after a question"},
      {"c  Ctrl-C", "cancel the task; c after a question"},
      {"q d", "leave; the task continues"},
      {"?", "show the keys"},
  };
  return rows;
}

}  // namespace plenum::client
