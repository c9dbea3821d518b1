#include "client/cli/live/row_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "client/cli/render/format.h"
#include "client/cli/terminal/display_width.h"

namespace plenum::client {
namespace {

constexpr std::size_t symbol_columns = 2, state_columns = 13;
constexpr std::size_t tokens_columns = 7, rate_columns = 5, first_columns = 6, cost_columns = 9;
constexpr std::size_t words_columns_min = 24;  // fewer are on a line of their own
constexpr TextStyle dim_text{.dim = true};

struct StateText {
  std::string symbol, text;
  TextStyle style;
};

StateText moving_text(std::uint64_t tick, std::string text, TextColor color) {
  return {spinner_text(tick), std::move(text), {.color = color}};
}

StateText state_text(const RunRow& row, std::int64_t now_ms, std::uint64_t tick) {
  switch (row.state) {
    case RowState::waiting:
      return {"·", "waiting", dim_text};
    case RowState::queued: {
      const std::string text = row.queue_position > 0 ? fmt::format("queued #{}", row.queue_position) : "queued";
      return moving_text(tick, text, TextColor::yellow);
    }
    case RowState::retrying:
      if (row.retry_at_ms > now_ms) {
        const std::int64_t left_ms = (row.retry_at_ms - now_ms + 999) / 1000 * 1000;
        return moving_text(tick, "retry in " + format_seconds(left_ms), TextColor::yellow);
      }
      return moving_text(tick, "calling", TextColor::none);
    case RowState::calling: {
      const std::int64_t wait_ms = now_ms - row.call.started_ms;
      const std::string time = wait_ms >= 1'000 ? " " + format_seconds(wait_ms) : "";
      return moving_text(tick, "calling" + time, TextColor::none);
    }
    case RowState::thinking:
      return moving_text(tick, "thinking", TextColor::magenta);
    case RowState::writing:
      return moving_text(tick, std::string(doing_word(row)), TextColor::cyan);
    case RowState::done:
      return {"✓", std::string(done_word(row)), {.color = TextColor::green}};
    case RowState::failed:
      return {"✗", "failed", {.color = TextColor::red}};
    case RowState::skipped:
      return {"–", "skipped", {.color = TextColor::yellow}};
    case RowState::cancelled:
      break;
  }
  return {"–", "cancelled", {.color = TextColor::yellow}};
}

std::string tokens_text(const RunRow& row) {
  const TokenCount tokens = row.all_tokens();
  if (tokens.total() == 0) return "";
  return (tokens.estimated > 0 ? "~" : "") + format_number(tokens.total());
}

std::string rate_text(const RunRow& row) {
  const auto rate = tokens_per_second(row);
  return rate ? format_number(static_cast<std::int64_t>(*rate + 0.5)) : "";
}

std::string first_text(const RunRow& row) {
  if (!row.call.ttft_ms) return "";
  return *row.call.ttft_ms < 100'000 ? format_duration(*row.call.ttft_ms) : format_seconds(*row.call.ttft_ms);
}

std::string cost_text(const RunRow& row) {
  if (!row.cost.usd || *row.cost.usd == 0) return "";
  return fmt::format("{}${:.4f}", row.cost.origin == CostOrigin::reported ? "" : "~", *row.cost.usd);
}

// Without the provider where the whole name has no space.
std::string fitted_name(const std::string& name, std::size_t columns) {
  if (display_width(name) <= columns) return name;
  const auto slash = name.rfind('/');
  return terminal_fit(slash == name.npos ? name : name.substr(slash + 1), columns);
}

class LineBuilder {
 public:
  explicit LineBuilder(StyledLine line = {}) : line_(std::move(line)), used_(width_of(line_)) {}

  void left(const std::string& text, std::size_t columns, TextStyle style = {}) {
    const std::string cell = terminal_fit(text, columns);
    add(cell, style);
    pad(columns - std::min(columns, display_width(cell)));
  }
  void right(const std::string& text, std::size_t columns, TextStyle style = {}) {
    const std::string cell = terminal_fit(text, columns);
    pad(columns - std::min(columns, display_width(cell)));
    add(cell, style);
  }
  void add(const std::string& text, TextStyle style = {}) {
    if (text.empty()) return;
    line_.push_back({text, style});
    used_ += display_width(text);
  }
  void pad(std::size_t columns) { add(std::string(columns, ' ')); }
  std::size_t used() const { return used_; }

  // Without spaces at the end.
  StyledLine take() {
    while (!line_.empty()) {
      std::string& text = line_.back().text;
      text.erase(text.find_last_not_of(' ') + 1);
      if (!text.empty()) break;
      line_.pop_back();
    }
    return std::move(line_);
  }

 private:
  StyledLine line_;
  std::size_t used_;
};

void add_figures(LineBuilder& line, const RunRow& row) {
  line.right(tokens_text(row), tokens_columns);
  line.pad(1);
  line.right(rate_text(row), rate_columns, dim_text);
  line.pad(1);
  line.right(first_text(row), first_columns, dim_text);
  line.pad(1);
  line.right(cost_text(row), cost_columns, dim_text);
}

// The cause of a failure, or the newest words.
Span words_span(const RunRow& row, std::size_t columns) {
  const bool cause = !row.note.empty() && (is_finished(row.state) || row.state == RowState::retrying);
  if (cause) {
    const TextColor color = row.state == RowState::failed ? TextColor::red : TextColor::yellow;
    return {terminal_fit(row.note, columns), {.color = color}};
  }
  if (!is_moving(row.state)) return {};
  return {fitted_end(row.words.text(), columns), {.dim = true, .italic = row.state == RowState::thinking}};
}

StyledLine figures_line(const RunRow& row, std::size_t columns) {
  std::string text;
  const auto add = [&](const std::string& part, const char* unit) {
    if (part.empty()) return;
    const std::string longer = text + (text.empty() ? "  " : " · ") + part + unit;
    if (display_width(longer) <= columns) text = longer;
  };
  add(tokens_text(row), " tok");
  add(rate_text(row), "/s");
  add(first_text(row), "");
  add(cost_text(row), "");
  return text.empty() ? StyledLine() : StyledLine{{text, dim_text}};
}

}  // namespace

std::string spinner_text(std::uint64_t tick) {
  constexpr const char* frames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  return frames[tick % std::size(frames)];
}

std::string format_seconds(std::int64_t ms) {
  const std::int64_t whole_s = ms / 1000;
  return whole_s < 60 ? fmt::format("{} s", whole_s) : format_duration(whole_s * 1000);
}

RowFormat row_format(const std::vector<const RunRow*>& rows, std::size_t columns, RowDensity density) {
  RowFormat format{columns, 6, density, true};
  const std::size_t most = columns >= 120                       ? 36
                           : columns >= 72                      ? 24
                           : columns >= RowFormat::narrow_below ? 16
                           : columns > 32                       ? columns - 24
                                                                : 8;
  for (const RunRow* row : rows) format.name_columns = std::max(format.name_columns, display_width(row->name));
  format.name_columns = std::min(format.name_columns, most);
  return format;
}

StyledLine header_line(const RowFormat& format) {
  if (format.narrow()) return {};
  LineBuilder line;
  line.pad(symbol_columns + format.name_columns + 1 + state_columns + 1);
  line.right("tokens", tokens_columns, dim_text);
  line.pad(1);
  line.right("tok/s", rate_columns, dim_text);
  line.pad(1);
  line.right("first", first_columns, dim_text);
  line.pad(1);
  line.right("cost", cost_columns, dim_text);
  return fitted(line.take(), format.columns);
}

std::vector<StyledLine> row_lines(const RunRow& row, const RowFormat& format, std::int64_t now_ms, std::uint64_t tick) {
  const StateText state = state_text(row, now_ms, tick);
  LineBuilder first;
  first.left(state.symbol, symbol_columns, state.style);
  first.left(fitted_name(row.name, format.name_columns), format.name_columns,
             {.bold = is_moving(row.state), .dim = row.state == RowState::waiting});
  first.pad(1);
  first.left(state.text, state_columns, state.style);
  first.pad(1);
  std::vector<StyledLine> lines;
  if (format.narrow()) {
    if (format.density == RowDensity::one_line) first.right(tokens_text(row), tokens_columns, dim_text);
  } else {
    add_figures(first, row);
  }
  const std::size_t used = first.used() + 2;
  const bool words_fit = !format.narrow() && used + words_columns_min <= format.columns;
  if (words_fit && format.words_wanted) {
    first.pad(2);
    const Span words = words_span(row, format.columns - used);
    first.add(words.text, words.style);
  }
  lines.push_back(fitted(first.take(), format.columns));
  if (format.narrow() && format.density != RowDensity::one_line) {
    if (StyledLine figures = figures_line(row, format.columns); !figures.empty()) lines.push_back(std::move(figures));
  }
  if (format.density == RowDensity::words && !words_fit && format.words_wanted) {
    const Span words = words_span(row, format.columns - std::min<std::size_t>(format.columns, 2));
    if (!words.text.empty()) lines.push_back({{"  "}, words});
  }
  return lines;
}

}  // namespace plenum::client
