#include "client/cli/live/run_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/render/format.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {
namespace {

constexpr std::size_t question_lines_max = 8;
constexpr std::size_t continuation_indent = 2;

void add_lines_to(std::vector<StyledLine>& lines, std::vector<StyledLine> more) {
  std::move(more.begin(), more.end(), std::back_inserter(lines));
}

// The style of a code that class Style writes.
TextStyle style_of(std::string_view code) {
  if (code == "1") return {.bold = true};
  if (code == "2") return {.dim = true};
  if (code == "31") return {.color = TextColor::red};
  if (code == "32") return {.color = TextColor::green};
  if (code == "33") return {.color = TextColor::yellow};
  return {};
}

Span head_of(const RunRow& row) {
  switch (row.state) {
    case RowState::done:
      return {"✓ " + row.name, {.color = TextColor::green}};
    case RowState::failed:
      return {"✗ " + row.name, {.color = TextColor::red}};
    case RowState::waiting:
      return {"· " + row.name, {.dim = true}};
    default:
      return {"– " + row.name, {.color = TextColor::yellow}};
  }
}

std::string outcome_of(const RunRow& row) {
  switch (row.state) {
    case RowState::done:
      return row.chunks_done > 1 ? format_count(row.chunks_done, "chunk") : std::string(done_word(row));
    case RowState::failed:
      return row.attempts > 1 ? fmt::format("failed after {} attempts", row.attempts) : "failed";
    case RowState::skipped:
      return "skipped";
    case RowState::cancelled:
      return "cancelled";
    case RowState::waiting:
      return "not called";
    default:
      return "unfinished";
  }
}

}  // namespace

std::vector<StyledLine> question_lines(std::string_view task, std::size_t columns) {
  std::vector<StyledLine> lines;
  std::string text = terminal_text(task);
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\t', ' ');
  std::size_t begin = 0;
  while (begin <= text.size() && lines.size() <= question_lines_max) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string mark = begin == 0 ? "▸ " : "  ";
    add_lines_to(lines,
                 wrapped({{mark + text.substr(begin, end - begin), {.bold = true}}}, columns, continuation_indent));
    begin = end + 1;
  }
  if (lines.size() <= question_lines_max) return lines;
  lines.resize(question_lines_max);
  lines.push_back({{"  …", {.dim = true}}});
  return lines;
}

std::vector<StyledLine> member_lines(const RunRow& row, std::size_t columns) {
  std::string text = " · " + outcome_of(row);
  if (row.busy_ms >= 50) text += " · " + format_duration(row.busy_ms);
  const TokenCount tokens = row.all_tokens();
  if (tokens.total() > 0) {
    text += fmt::format(" · {}{}", tokens.estimated > 0 ? "about " : "", format_count(tokens.total(), "output token"));
  }
  if (row.cost.usd.value_or(0) > 0) text += " · " + format_cost(row.cost);
  if (row.state == RowState::done && row.attempts > row.chunks_done) {
    text += fmt::format(" · {} attempts", row.attempts);
  }
  StyledLine line{head_of(row), {text, {.dim = true}}};
  if (!row.note.empty() && is_finished(row.state) && row.state != RowState::cancelled) {
    line.push_back({": " + row.note, {.color = row.state == RowState::failed ? TextColor::red : TextColor::yellow}});
  }
  return wrapped(line, columns, continuation_indent);
}

std::vector<StyledLine> summary_of(std::vector<RunRow>& rows, std::size_t columns) {
  std::vector<StyledLine> lines;
  for (RunRow& row : rows) {
    if (row.listed) continue;
    row.listed = true;
    add_lines_to(lines, member_lines(row, columns));
  }
  return lines;
}

std::vector<StyledLine> colored_lines(std::string_view line, std::size_t columns) {
  StyledLine spans;
  TextStyle style;
  while (!line.empty()) {
    const std::size_t escape = std::min(line.find('\x1b'), line.size());
    if (escape > 0) spans.push_back({std::string(line.substr(0, escape)), style});
    line.remove_prefix(escape);
    const std::size_t end = line.find('m');  // of `ESC [ code m`: the text is filtered and has no other escape
    if (line.size() < 3 || end == line.npos) break;
    style = style_of(line.substr(2, end - 2));
    line.remove_prefix(end + 1);
  }
  return wrapped(spans, columns, continuation_indent);
}

}  // namespace plenum::client
