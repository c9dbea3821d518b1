#include "client/cli/tables/logs_text.h"

#include <fmt/format.h>

#include <vector>

#include "client/cli/render/format.h"
#include "client/cli/tables/short_ids.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// A text as it is, or filtered for a terminal; with a newline at its end.
std::string whole(std::string_view text, const LogsShown& shown) {
  std::string safe = shown.is_terminal ? terminal_text(text) : repaired_utf8(text);
  if (!safe.ends_with('\n')) safe += '\n';
  return safe;
}

std::string quoted(std::string_view text, const LogsShown& shown) {
  std::string lines;
  const std::string safe = whole(text, shown);
  for (std::size_t at = 0, end = 0; (end = safe.find('\n', at)) != safe.npos; at = end + 1) {
    lines += at == end ? ">\n" : fmt::format("> {}\n", safe.substr(at, end - at));
  }
  return lines;
}

}  // namespace

std::string logs_text(const Json& tasks, const LogsShown& shown) {
  std::vector<std::string> ids;
  for (const Json& task : tasks) ids.push_back(terminal_line(text_at(task, "stream_id")));
  if (shown.is_terminal) ids = short_ids(ids);
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Json& task = tasks[i];
    text += fmt::format("{}{}  {}  {}  {}  {}\n\n", i == 0 ? "" : "\n", ids[i],
                        format_local_time(text_at(task, "created_at"), SystemClock().wall()),
                        terminal_line(text_at(task, "workflow")), terminal_line(text_at(task, "status")),
                        format_cost(cost_from(value_at(task, "cost"))));
    text += quoted(text_at(task, "task"), shown);
    const std::string answer = text_at(task, "answer");
    if (!answer.empty()) text += "\n" + whole(answer, shown);
  }
  if (!text.empty()) return text;
  return shown.searched.empty() ? "No tasks. Submit one with: plenum run \"…\"\n"
                                : fmt::format("No task contains \"{}\".\n", terminal_line(shown.searched));
}

}  // namespace plenum::client
