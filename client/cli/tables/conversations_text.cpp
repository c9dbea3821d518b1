#include "client/cli/tables/conversations_text.h"

#include <fmt/format.h>

#include <vector>

#include "client/cli/render/format.h"
#include "client/cli/tables/table.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::string task_text(const Json& task) {
  std::string text =
      fmt::format("\n{}  {}  {}\n", terminal_line(text_at(task, "stream_id")), terminal_line(text_at(task, "status")),
                  terminal_line(format_local_time(text_at(task, "created_at"), SystemClock().wall())));
  text += "> " + terminal_line(text_at(task, "task")) + "\n";
  const std::string answer = terminal_text(text_at(task, "answer"));
  if (!answer.empty()) text += "\n" + answer + (answer.ends_with('\n') ? "" : "\n");
  return text;
}

}  // namespace

std::string conversations_text(const Json& list, std::size_t columns, std::string_view searched) {
  Table table{{{"CONVERSATION"}, {"TASKS", true}, {"UPDATED"}, {"TITLE"}}, {}};
  table.rows = items_at(list, "conversations", [](const Json& one) {
    return std::vector<std::string>{terminal_line(text_at(one, "conversation_id")),
                                    format_number(int_at(one, "task_count")),
                                    terminal_line(format_local_time(text_at(one, "updated_at"), SystemClock().wall())),
                                    terminal_line(text_at(one, "title"))};
  });
  if (!table.rows.empty()) return table_text(table, columns);
  return searched.empty() ? "No conversations. Start one with: plenum run --conversation-id ID \"…\"\n"
                          : fmt::format("No conversation contains \"{}\".\n", terminal_line(searched));
}

std::string conversation_text(const Json& conversation) {
  std::string text = terminal_line(text_at(conversation, "title")) + "\n";
  text += fmt::format("{}, {} with an answer, updated {}\n", format_count(int_at(conversation, "task_count"), "task"),
                      format_number(int_at(conversation, "turn_count")),
                      terminal_line(format_local_time(text_at(conversation, "updated_at"), SystemClock().wall())));
  items_at(conversation, "tasks", [&](const Json& task) {
    text += task_text(task);
    return true;
  });
  if (!text_at(conversation, "next_cursor").empty())
    text += "\nThere are further tasks; use --json and `next_cursor`.\n";
  return text;
}

}  // namespace plenum::client
