#include "client/cli/render/workflows_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// Filled up with blanks to so many characters, or cut to them.
std::string cell(std::string_view text, std::size_t width) {
  std::string shown = terminal_cut(text, width);
  return shown.append(width - std::min(width, code_points(shown)), ' ');
}

std::string row(std::string_view name, std::string_view from, std::string_view description) {
  return fmt::format("{}  {}  {}\n", cell(name, 16), cell(from, 8), terminal_cut(description, 52));
}

}  // namespace

std::string workflows_text(const Json& workflows) {
  std::string text = row("WORKFLOW", "FROM", "WHAT IT DOES");
  items_at(workflows, "workflows", [&](const Json& workflow) {
    const bool built_in = text_at(workflow, "origin").starts_with("built-in");
    text += row(text_at(workflow, "name"), built_in ? "built-in" : "a file", text_at(workflow, "description"));
    return true;
  });
  const Json& fault = value_at(workflows, "workflows_error");
  if (fault.is_object()) {
    text += fmt::format("\nThe server's files have a fault, and what it read before stays in use:\n{}\n",
                        terminal_text(text_at(fault, "message")));
  }
  return text;
}

}  // namespace plenum::client
