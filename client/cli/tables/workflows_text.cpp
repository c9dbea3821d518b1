#include "client/cli/tables/workflows_text.h"

#include <fmt/format.h>

#include <vector>

#include "client/cli/tables/table.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {

std::string workflows_text(const Json& workflows, std::size_t columns) {
  Table table{{{"WORKFLOW"}, {"SOURCE"}, {"DESCRIPTION"}}, {}};
  table.rows = items_at(workflows, "workflows", [](const Json& workflow) {
    const bool built_in = text_at(workflow, "origin").starts_with("built-in");
    return std::vector<std::string>{terminal_line(text_at(workflow, "name")), built_in ? "built-in" : "file",
                                    terminal_line(text_at(workflow, "description"))};
  });
  std::string text = table_text(table, columns);
  const Json& error = value_at(workflows, "workflows_error");
  if (error.is_object()) {
    text += fmt::format("\nThe server could not load its workflow files; the previous version stays in use:\n{}\n",
                        terminal_text(text_at(error, "message")));
  }
  return text;
}

}  // namespace plenum::client
