#include "client/cli/render/workflows_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// Padded or truncated to `width` characters.
std::string column(std::string_view text, std::size_t width) {
  std::string cell = terminal_cut(text, width);
  return cell.append(width - std::min(width, code_points(cell)), ' ');
}

std::string row(std::string_view name, std::string_view from, std::string_view description) {
  return fmt::format("{}  {}  {}\n", column(name, 16), column(from, 8), terminal_cut(description, 52));
}

}  // namespace

std::string workflows_text(const Json& workflows) {
  std::string text = row("WORKFLOW", "SOURCE", "DESCRIPTION");
  items_at(workflows, "workflows", [&](const Json& workflow) {
    const bool built_in = text_at(workflow, "origin").starts_with("built-in");
    text += row(text_at(workflow, "name"), built_in ? "built-in" : "file", text_at(workflow, "description"));
    return true;
  });
  const Json& error = value_at(workflows, "workflows_error");
  if (error.is_object()) {
    text += fmt::format("\nThe server could not load its workflow files; the previous version stays in use:\n{}\n",
                        terminal_text(text_at(error, "message")));
  }
  return text;
}

}  // namespace plenum::client
