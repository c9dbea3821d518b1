// The answers of past tasks: result and logs.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/cli/commands/execute.h"
#include "client/cli/commands/outcome.h"
#include "client/cli/tables/logs_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {
namespace {

bool is_finished(const Json& status) {
  const auto word = task_status_named(text_at(status, "status"));
  return word && is_terminal(*word);
}

// One past task for people and programs: the question, the answer, what it cost.
Result<Json> log_entry(Session& session, const std::string& stream_id) {
  const Result<std::string> text = session.api().exported(stream_id, ExportFormat::json);
  if (!text) return Failure(text.error());
  const Result<Json> exported = parse_json(*text);
  if (!exported) return Failure(exported.error());
  const Json& result = value_at(*exported, "result");
  return Json{{"stream_id", text_at(*exported, "stream_id")},
              {"created_at", text_at(*exported, "created_at")},
              {"finished_at", value_at(*exported, "finished_at")},
              {"workflow", text_at(value_at(*exported, "spec"), "workflow")},
              {"status", text_at(*exported, "status")},
              {"task", text_at(value_at(*exported, "spec"), "task")},
              {"answer", text_at(result, "answer")},
              {"usage", value_at(*exported, "usage")},
              {"cost", value_at(*exported, "cost")}};
}

}  // namespace

int execute(Session& session, const ResultCommand& command) {
  const Result<Json> result = session.api().call("GET", api::with_id(api::result, command.stream_id), "status");
  if (!result) return session.fail(result.error());
  if (!is_finished(*result)) {
    return session.fail(Error{ErrorCode::usage, "the task is still running",
                              fmt::format("Wait for its end: plenum wait {}", command.stream_id)});
  }
  const std::string answer = text_at(*result, "answer");
  if (session.line().json) {
    session.write_json(*result);
  } else if (!answer.empty()) {
    std::string text = session.context().out_is_terminal ? terminal_text(answer) : repaired_utf8(answer);
    session.context().output.out(text.ends_with('\n') ? text : text + "\n");
  } else {
    const std::string why = text_at(value_at(*result, "error"), "message");
    const std::string text = fmt::format("plenum: the task has no answer; it ended as {}{}{}",
                                         text_at(*result, "status"), why.empty() ? "" : ": ", why);
    session.context().output.err(session.style().red(terminal_text(text)) + "\n");
  }
  const int exit_code = exit_code_of_status(*result);
  return exit_code == 0 && answer.empty() ? exit_failed : exit_code;
}

int execute(Session& session, const LogsCommand& command) {
  std::vector<std::string> ids{command.stream_id};
  if (command.stream_id.empty()) {
    const Result<Json> list = session.api().list(command.limit, command.search);
    if (!list) return session.fail(list.error());
    ids = items_at(*list, "tasks", [](const Json& task) { return text_at(task, "stream_id"); });
    std::reverse(ids.begin(), ids.end());
  }
  Json tasks = Json::array();
  for (const std::string& id : ids) {
    Result<Json> entry = log_entry(session, id);
    // A task that was deleted since the list was made is not part of the log.
    if (!entry && command.stream_id.empty() && entry.error().code == ErrorCode::stream_gone) continue;
    if (!entry) return session.fail(entry.error());
    tasks.push_back(*std::move(entry));
  }
  const CommandContext& context = session.context();
  const std::string text = logs_text(tasks, {context.out_is_terminal, command.search});
  return session.reply(Json{{"tasks", std::move(tasks)}}, text);
}

}  // namespace plenum::client
