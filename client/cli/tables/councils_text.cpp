#include "client/cli/tables/councils_text.h"

#include <fmt/format.h>

#include <vector>

#include "client/cli/tables/table.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::string list_of(const Json& council, std::string_view key) {
  std::vector<std::string> items;
  items_at(council, key, [&](const Json& item) {
    if (item.is_string()) items.push_back(item.get<std::string>());
    return true;
  });
  return fmt::format("{}", fmt::join(items, ", "));
}

// The names of the council's own personas.
std::string personas_of(const Json& council) {
  std::vector<std::string> names;
  const Json& personas = value_at(council, "personas");
  if (personas.is_object()) {
    for (const auto& [name, system] : personas.items()) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string block(const Json& council, std::size_t columns) {
  const std::string of_workflow = text_at(council, "of_workflow");
  std::string text = terminal_line(text_at(council, "name"));
  if (!of_workflow.empty()) text += fmt::format(" (of the workflow {})", terminal_line(of_workflow));
  text += "\n";
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += hanging_line(fmt::format("  {:<10} ", name), terminal_line(value), columns);
  };
  row("", text_at(council, "description"));
  row("members", list_of(council, "members"));
  row("chairman", text_at(council, "chairman"));
  row("judge", text_at(council, "judge"));
  row("workflow", text_at(council, "workflow"));
  row("personas", personas_of(council));
  return text;
}

}  // namespace

std::string councils_text(const Json& councils, std::size_t columns) {
  std::string text;
  items_at(councils, "councils", [&](const Json& council) {
    text += (text.empty() ? "" : "\n") + block(council, columns);
    return true;
  });
  if (!text.empty()) return text;
  return "The server has no councils. Add a table such as\n\n"
         "  [councils.review]\n"
         "  members = [\"openai/gpt-4.1\", \"anthropic\"]\n\n"
         "to its configuration file.\n";
}

}  // namespace plenum::client
