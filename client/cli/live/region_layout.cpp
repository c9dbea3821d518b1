#include "client/cli/live/region_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/cli/live/row_layout.h"
#include "client/cli/render/format.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {
namespace {

constexpr std::int64_t spinner_step_ms = 120;
constexpr std::size_t answering_rows_max = 3;
constexpr TextStyle faint{.dim = true};

using Rows = std::vector<const RunRow*>;

// At most `count` rows, in their order: those that move first.
Rows chosen(const Rows& rows, std::size_t count) {
  if (rows.size() <= count) return rows;
  std::size_t moving = std::min<std::size_t>(
      count, static_cast<std::size_t>(
                 std::count_if(rows.begin(), rows.end(), [](const RunRow* row) { return is_moving(row->state); })));
  std::size_t others = count - moving;
  Rows selected;
  for (const RunRow* row : rows) {
    std::size_t& left = is_moving(row->state) ? moving : others;
    if (left == 0) continue;
    --left;
    selected.push_back(row);
  }
  return selected;
}

class RegionBuilder {
 public:
  RegionBuilder(const RegionContent& content, ScreenSize size)
      : content_(content),
        // A character in the last column would leave the cursor in a state that terminals treat differently.
        columns_(std::max<std::size_t>(size.columns, 2) - 1),
        height_(std::max<std::size_t>(size.rows, 2) - 1),
        now_ms_(content.model.elapsed_ms(content.now)) {}

  std::vector<StyledLine> build() {
    Rows rows;
    for (const RunRow& row : content_.model.rows()) {
      if (!content_.answering || is_moving(row.state)) rows.push_back(&row);
    }
    std::vector<StyledLine> below = content_.answering ? dense_lines(rows, answering_rows_max) : all_lines(rows);
    below.push_back(progress_line());
    const std::size_t space = height_ - std::min(height_, below.size());
    const std::vector<StyledLine>& tail = content_.tail;
    const std::size_t shown = std::min(space, tail.size());
    std::vector<StyledLine> lines;
    for (std::size_t i = tail.size() - shown; i < tail.size(); ++i) lines.push_back(fitted(tail[i], columns_));
    // Apart from the answer, if there is space for a line without text.
    if (!lines.empty() && shown < space) lines.emplace_back();
    std::move(below.begin(), below.end(), std::back_inserter(lines));
    if (lines.size() > height_) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(height_));
    return lines;
  }

  StyledLine progress() const { return progress_line(); }

 private:
  std::uint64_t tick() const { return static_cast<std::uint64_t>(now_ms_ / spinner_step_ms); }

  std::vector<StyledLine> lines_of(const Rows& rows, RowDensity density, bool header) const {
    RowFormat format = row_format(rows, columns_, density);
    format.words_wanted = !content_.answering;
    std::vector<StyledLine> lines;
    if (header) {
      if (StyledLine names = header_line(format); !names.empty()) lines.push_back(std::move(names));
    }
    for (const RunRow* row : rows) {
      for (StyledLine& line : row_lines(*row, format, now_ms_, tick())) lines.push_back(std::move(line));
    }
    return lines;
  }

  // All rows with as much as there is space for.
  std::vector<StyledLine> all_lines(const Rows& rows) const {
    if (rows.empty()) return {};
    for (const RowDensity density : {RowDensity::words, RowDensity::figures, RowDensity::one_line}) {
      std::vector<StyledLine> lines = lines_of(rows, density, true);
      if (lines.size() < height_) return lines;
    }
    return dense_lines(rows, height_ - 1);
  }

  // At most `most` lines.
  std::vector<StyledLine> dense_lines(const Rows& rows, std::size_t most) const {
    if (rows.size() <= most) return lines_of(rows, RowDensity::one_line, false);
    if (most < 2) return {};
    std::vector<StyledLine> lines = lines_of(chosen(rows, most - 1), RowDensity::one_line, false);
    const std::size_t hidden = rows.size() - (most - 1);
    lines.push_back(fitted({{fmt::format("  … and {} more", hidden), faint}}, columns_));
    return lines;
  }

  StyledLine progress_line() const {
    const RunTotals& totals = content_.model.totals();
    StyledLine line;
    if (totals.total_chunks <= 0) {
      line.push_back({spinner_text(tick()) + " ", {.color = TextColor::cyan}});
      line.push_back({content_.model.rows().empty() ? "starting" : "running"});
    } else {
      add_bar(line, totals);
      line.push_back({fmt::format(" {}/{}", totals.completed, totals.total_chunks), {.bold = true}});
    }
    for (const std::string& part : progress_parts(totals)) {
      Span span{" · " + part, faint};
      if (width_of(line) + width_of({span}) <= columns_) line.push_back(std::move(span));
    }
    return fitted(line, columns_);
  }

  void add_bar(StyledLine& line, const RunTotals& totals) const {
    const std::size_t width = columns_ >= 100 ? 30 : columns_ >= RowFormat::narrow_below ? 20 : 8;
    const auto total = static_cast<std::size_t>(totals.total_chunks);
    const std::size_t done = std::min(total, static_cast<std::size_t>(std::max(0, totals.completed)));
    const std::size_t filled = width * done / total;
    std::string left, right;
    for (std::size_t i = 0; i < width; ++i) (i < filled ? left : right) += i < filled ? "━" : "─";
    if (!left.empty()) line.push_back({left, {.color = TextColor::green}});
    if (!right.empty()) line.push_back({right, faint});
  }

  // By importance.
  std::vector<std::string> progress_parts(const RunTotals& totals) const {
    std::vector<std::string> parts{format_seconds(now_ms_)};
    if (const auto left_ms = content_.model.remaining_ms(content_.now)) {
      parts.push_back("about " + format_seconds((*left_ms + 999) / 1000 * 1000) + " left");
    } else if (totals.estimated_s && !totals.ended) {
      parts.emplace_back("longer than estimated");
    }
    if (totals.cost && totals.cost->usd.value_or(0) > 0) parts.push_back(format_cost(*totals.cost) + " so far");
    if (!totals.workflow.empty()) parts.push_back(terminal_line(totals.workflow));
    return parts;
  }

  const RegionContent& content_;
  const std::size_t columns_, height_;
  const std::int64_t now_ms_;
};

}  // namespace

std::vector<StyledLine> region_lines(const RegionContent& content, ScreenSize size) {
  return RegionBuilder(content, size).build();
}

StyledLine progress_line(const RegionContent& content, ScreenSize size) {
  return RegionBuilder(content, size).progress();
}

}  // namespace plenum::client
