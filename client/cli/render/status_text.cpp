#include "client/cli/render/status_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/render/format.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::string member_line(const Json& member) {
  std::string line =
      fmt::format("  {:<32} {}", terminal_cut(text_at(member, "id"), 60), terminal_line(text_at(member, "status")));
  if (const auto ms = number_at(member, "latency_ms"); ms && *ms > 0) line += ", " + format_duration(*ms);
  const Usage usage = usage_from(value_at(member, "usage"));
  if (usage.known()) line += ", " + format_tokens(usage);
  const std::string error = text_at(value_at(member, "error"), "message");
  if (!error.empty()) line += ": " + terminal_line(error);
  return line + "\n";
}

std::string list_row(const Json& task, std::size_t columns) {
  const std::string id = terminal_cut(text_at(task, "stream_id"), 36);
  const std::string status = terminal_cut(text_at(task, "status"), 11);
  const std::string time = terminal_cut(format_short_time(text_at(task, "created_at")), 12);
  const std::string words = text_at(task, "task");
  constexpr std::size_t task_columns_min = 10;
  const std::string head = fmt::format("{:<36}  {:<11}  {:<12}  ", id, status, time);
  const std::size_t used = display_width(head);
  if (used + task_columns_min <= columns) return head + terminal_fit(words, columns - used) + "\n";
  const std::string second = fmt::format("  {:<11}  ", status);
  const std::size_t left = columns - std::min(columns, display_width(second));
  return id + "\n" + second + terminal_fit(words, left) + "\n";
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
  row("error", terminal_line(text_at(status, "error_message")));
  for (const std::string& reason : texts_at(status, "reasons")) row("degraded", terminal_line(reason));
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
  std::string text;
  items_at(list, "tasks", [&](const Json& task) {
    text += list_row(task, columns);
    return true;
  });
  if (!text.empty()) return text;
  return searched.empty() ? "No tasks. Submit one with: plenum run \"…\"\n"
                          : fmt::format("No task contains \"{}\".\n", terminal_line(searched));
}

}  // namespace plenum::client
