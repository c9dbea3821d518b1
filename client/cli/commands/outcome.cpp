#include "client/cli/commands/outcome.h"

#include <fmt/format.h>

#include "client/api/cli_words.h"
#include "common/base/overloaded.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

int exit_code_named(std::string_view name) {
  const auto code = error_code_named(name);
  return code ? row_of(*code).exit_code : exit_failed;
}

std::string remedy_of(const Error& error) {
  // By the user, before a task was accepted.
  if (error.code == ErrorCode::cancelled && error.remedy.empty()) return "Run the same command to try again.";
  return cli_remedy(error.code, error.remedy);
}

}  // namespace

int exit_code_of(const ReceivedEvent& terminal) {
  return std::visit(
      Overloaded{[](const TaskCompleted& completed) { return completed.result.degraded ? exit_degraded : 0; },
                 [](const TaskError& failed) { return exit_code_named(failed.error.code); },
                 [](const TaskCancelled&) { return row_of(ErrorCode::cancelled).exit_code; },
                 [](const auto&) { return exit_failed; }},
      terminal.payload);
}

int exit_code_of_status(const Json& status) {
  switch (task_status_named(text_at(status, "status")).value_or(TaskStatus::error)) {
    case TaskStatus::initializing:
    case TaskStatus::running:
      return 0;
    case TaskStatus::completed:
      return flag_at(status, "degraded") ? exit_degraded : 0;
    case TaskStatus::cancelled:
      return row_of(ErrorCode::cancelled).exit_code;
    default:
      return exit_code_named(text_at(value_at(status, "error"), "code"));
  }
}

std::string error_text(const Error& error) {
  std::string text = error.message;
  if (text.find('\n') != text.npos) return text;  // a list of errors, each with its own remedy
  if (!text.empty() && !text.ends_with('.')) text += '.';
  return fmt::format("{} {}", text, remedy_of(error));
}

}  // namespace plenum::client
