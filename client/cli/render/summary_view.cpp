#include "client/cli/render/summary_view.h"

#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/render/chunk_lines.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/overloaded.h"

namespace plenum::client {

Json outcome_json(const ReceivedEvent& terminal, int exit_code) {
  const TaskResult& result = result_of(terminal);
  const std::string_view status =
      std::visit(Overloaded{[](const TaskCompleted&) { return name_of(TaskStatus::completed); },
                            [](const TaskCancelled&) { return name_of(TaskStatus::cancelled); },
                            [](const auto&) { return name_of(TaskStatus::error); }},
                 terminal.payload);
  Json outcome{{"stream_id", terminal.stream_id}, {"status", status},
               {"workflow", result.workflow},     {"answer", result.answer},
               {"usage", to_json(result.usage)},  {"cost", to_json(result.cost)},
               {"cached", result.cached},         {"degraded", result.degraded},
               {"reasons", result.reasons},       {"duration_ms", terminal.t_ms},
               {"exit_code", exit_code}};
  if (const auto* failed = std::get_if<TaskError>(&terminal.payload)) outcome["error"] = to_json(failed->error);
  return outcome;
}

void SummaryView::on_event(const ReceivedEvent& event, std::string_view) {
  if (!event.terminal) return;
  const std::string json = dump_json(outcome_json(event, exit_code_of_(event)));
  output_.out((escape_ ? terminal_json(json) : json) + "\n");
}

void SummaryView::notice(Notice level, std::string_view text) {
  if (quiet_ && level != Notice::error) return;
  output_.err(terminal_text(text) + "\n");
}

}  // namespace plenum::client
