#include "client/cli/render/conversations_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "client/cli/render/format.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

constexpr std::size_t id_columns_max = 40;  // of an aligned id; a longer one moves its row

std::string padded(std::string text, std::size_t width) {
  return text.append(width - std::min(width, display_width(text)), ' ');
}

std::string list_row(const std::string& id, std::size_t width, std::string_view tasks, std::string_view updated,
                     std::string_view title, std::size_t columns) {
  const std::string head = fmt::format("{}  {:>5}  {:<12}  ", padded(id, width), tasks, updated);
  constexpr std::size_t title_columns_min = 10;
  const std::size_t used = display_width(head);
  return head + terminal_fit(title, std::max(title_columns_min, columns - std::min(columns, used))) + "\n";
}

std::string task_text(const Json& task) {
  std::string text =
      fmt::format("\n{}  {}  {}\n", terminal_line(text_at(task, "stream_id")), terminal_line(text_at(task, "status")),
                  terminal_line(format_short_time(text_at(task, "created_at"))));
  text += "> " + terminal_line(text_at(task, "task")) + "\n";
  const std::string answer = terminal_text(text_at(task, "answer"));
  if (!answer.empty()) text += "\n" + answer + (answer.ends_with('\n') ? "" : "\n");
  return text;
}

}  // namespace

std::string conversations_text(const Json& list, std::size_t columns, std::string_view searched) {
  std::size_t width = std::string_view("CONVERSATION").size();
  items_at(list, "conversations", [&](const Json& one) {
    const std::size_t own = display_width(terminal_line(text_at(one, "conversation_id")));
    if (own <= id_columns_max) width = std::max(width, own);
    return true;
  });
  std::string rows;
  items_at(list, "conversations", [&](const Json& one) {
    rows += list_row(terminal_line(text_at(one, "conversation_id")), width, format_number(int_at(one, "task_count")),
                     terminal_cut(format_short_time(text_at(one, "updated_at")), 12), text_at(one, "title"), columns);
    return true;
  });
  if (!rows.empty()) return list_row("CONVERSATION", width, "TASKS", "UPDATED", "TITLE", columns) + rows;
  return searched.empty() ? "No conversations. Start one with: plenum run --conversation-id ID \"…\"\n"
                          : fmt::format("No conversation contains \"{}\".\n", terminal_line(searched));
}

std::string conversation_text(const Json& conversation) {
  std::string text = terminal_line(text_at(conversation, "title")) + "\n";
  text += fmt::format("{}, {} with an answer, updated {}\n", format_count(int_at(conversation, "task_count"), "task"),
                      format_number(int_at(conversation, "turn_count")),
                      terminal_line(format_short_time(text_at(conversation, "updated_at"))));
  items_at(conversation, "tasks", [&](const Json& task) {
    text += task_text(task);
    return true;
  });
  if (!text_at(conversation, "next_cursor").empty())
    text += "\nThere are further tasks; use --json and `next_cursor`.\n";
  return text;
}

}  // namespace plenum::client
