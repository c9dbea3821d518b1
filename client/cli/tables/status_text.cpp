#include "client/cli/tables/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "client/api/cli_words.h"
#include "client/cli/render/format.h"
#include "client/cli/tables/short_ids.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::string member_line(const Json& member) {
  std::string line =
      fmt::format("  {:<32} {}", terminal_line(text_at(member, "id")), terminal_line(text_at(member, "status")));
  if (const auto ms = number_at(member, "latency_ms"); ms && *ms > 0) line += ", " + format_duration(*ms);
  const Usage usage = usage_from(value_at(member, "usage"));
  if (usage.known()) line += ", " + format_tokens(usage);
  const std::string error = text_at(value_at(member, "error"), "message");
  if (!error.empty()) line += ": " + terminal_line(cli_words(error));
  return line + "\n";
}

struct ListRow {
  std::string id, status, workflow, created, duration;
  std::string task;  // as received
};

std::string duration_of(const Json& task) {
  WallTime created, finished;
  if (!parse_rfc3339(text_at(task, "created_at"), created) || !parse_rfc3339(text_at(task, "finished_at"), finished)) {
    return "-";
  }
  return format_duration((finished - created).count());
}

ListRow list_row(const Json& task) {
  return {terminal_line(text_at(task, "stream_id")),
          terminal_line(text_at(task, "status")),
          terminal_line(text_at(task, "workflow")),
          terminal_line(format_local_time(text_at(task, "created_at"), SystemClock().wall())),
          duration_of(task),
          text_at(task, "task")};
}

void pad(std::vector<ListRow>& rows, std::string ListRow::*cell) {
  std::size_t width = 0;
  for (const ListRow& row : rows) width = std::max(width, display_width(row.*cell));
  for (ListRow& row : rows) (row.*cell).append(width - display_width(row.*cell), ' ');
}

// One row if there is enough space for the text of the task, else two.
std::string line_of(const ListRow& row, std::size_t columns) {
  constexpr std::size_t task_columns_min = 12;
  const auto fitted_task = [&](const std::string& head) {
    const std::size_t used = display_width(head);
    return head + terminal_fit(row.task, columns - std::min(columns, used)) + "\n";
  };
  const std::string head =
      fmt::format("{}  {}  {}  {}  {}  ", row.id, row.status, row.workflow, row.created, row.duration);
  if (display_width(head) + task_columns_min <= columns) return fitted_task(head);
  std::string first = fmt::format("{}  {}  {}", row.id, row.status, row.created);
  if (display_width(first) > columns) first = fmt::format("{}  {}", row.id, row.status);
  return first + "\n" + fitted_task(fmt::format("  {}  {}  ", row.workflow, row.duration));
}

}  // namespace

std::string status_text(const Json& status) {
  std::string text;
  const auto row = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<10}{}\n", name, value);
  };
  row("stream", terminal_line(text_at(status, "stream_id")));
  row("status", fmt::format("{}, {} of {}", terminal_line(text_at(status, "status")),
                            int_at(status, "chunks_completed"), format_count(int_at(status, "total_chunks"), "chunk")));
  row("workflow", terminal_line(text_at(status, "workflow")));
  row("task", terminal_cut(text_at(status, "task"), 200));
  row("now", terminal_line(text_at(status, "current_agent")));
  row("error", terminal_line(cli_words(text_at(status, "error_message"))));
  for (const std::string& reason : texts_at(status, "reasons")) row("degraded", terminal_line(cli_words(reason)));
  const Usage usage = usage_from(value_at(status, "usage"));
  row("usage", format_tokens(usage) + ", " + format_cost(cost_from(value_at(status, "cost_so_far"))));
  row("accepted", terminal_line(text_at(status, "created_at")));
  row("finished", terminal_line(text_at(status, "finished_at")));
  const auto members = items_at(status, "members", member_line);
  if (!members.empty()) text += "members\n";
  for (const std::string& member : members) text += member;
  return text;
}

std::string list_text(const Json& list, std::size_t columns, std::string_view searched) {
  std::vector<ListRow> rows = items_at(list, "tasks", list_row);
  if (columns != columns_of_file) {
    std::vector<std::string> ids;
    for (const ListRow& row : rows) ids.push_back(row.id);
    ids = short_ids(ids);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].id = ids[i];
  }
  for (const auto cell : {&ListRow::id, &ListRow::status, &ListRow::workflow, &ListRow::created, &ListRow::duration}) {
    pad(rows, cell);
  }
  std::string text;
  for (const ListRow& row : rows) text += line_of(row, columns);
  if (!text.empty()) return text;
  return searched.empty() ? "No tasks. Submit one with: plenum run \"…\"\n"
                          : fmt::format("No task contains \"{}\".\n", terminal_line(searched));
}

}  // namespace plenum::client
