// Commands about one task, and the list of tasks.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/commands/confirmation.h"
#include "client/cli/commands/execute.h"
#include "client/cli/commands/run_outputs.h"
#include "client/cli/files/export_files.h"
#include "client/cli/files/file_output.h"
#include "client/cli/tables/status_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// Shows the task, because an id alone does not identify it for a user. Fails without a terminal.
Result<bool> confirm_task_deletion(Session& session, const std::string& stream_id) {
  const CommandContext& context = session.context();
  if (const auto can = check_can_confirm(context); !can) return Failure(can.error());
  const Result<Json> status = session.api().status(stream_id);
  if (!status) return Failure(status.error());
  const auto word = task_status_named(text_at(*status, "status"));
  return confirm(context, fmt::format("{}\n{}Delete this task and its results permanently?",
                                      terminal_fit(text_at(*status, "task"), context.columns),
                                      word && is_terminal(*word) ? "" : "It is still running and will be cancelled. "));
}

int export_files(Session& session, const ExportCommand& command) {
  const Result<TaskResult> result = exported_result(session.api(), command.stream_id);
  if (!result) return session.fail(result.error());
  if (result->files.empty()) {
    return session.fail(Error{ErrorCode::usage, "the result of this task has no files",
                              "Only workflows that write a program, such as consensus, have them."});
  }
  const auto written =
      write_files(command.directory, result->files, command.force ? Existing::overwrite : Existing::fail);
  if (!written) return session.fail(written.error());
  std::string lines;
  for (const std::string& path : *written) lines += terminal_line(path) + "\n";
  return session.reply(Json{{"stream_id", command.stream_id}, {"files", *written}}, lines);
}

}  // namespace

int execute(Session& session, const StatusCommand& command) {
  const Result<Json> status = session.api().status(command.stream_id);
  if (!status) return session.fail(status.error());
  return session.reply(*status, status_text(*status));
}

int execute(Session& session, const CancelCommand& command) {
  const Result<CancelReply> cancelled = session.api().cancel(command.stream_id);
  if (!cancelled) return session.fail(cancelled.error());
  return session.reply(
      cancelled->body,
      cancelled->already_finished
          ? fmt::format("The task has already ended ({}).\n", terminal_line(text_at(cancelled->body, "status")))
          : std::string("The task is being cancelled; its partial output is stored.\n"));
}

int execute(Session& session, const SkipCommand& command) {
  const Result<CancelReply> skipped = session.api().skip(command.stream_id, command.member);
  if (!skipped) return session.fail(skipped.error());
  const std::string member = terminal_line(command.member);
  return session.reply(skipped->body,
                       skipped->already_finished
                           ? fmt::format("{} has no open calls.\n", member)
                           : fmt::format("{} is being skipped; the task continues without it.\n", member));
}

int execute(Session& session, const ListCommand& command) {
  // On a terminal the start of a text fills its row.
  const bool is_for_reading = session.context().out_is_terminal && !session.line().json;
  const Result<Json> list =
      session.api().list(command.limit, command.search, is_for_reading ? TaskTexts::start : TaskTexts::whole);
  if (!list) return session.fail(list.error());
  return session.reply(*list, list_text(*list, session.context().columns, command.search));
}

int execute(Session& session, const ExportCommand& command) {
  if (!command.directory.empty()) return export_files(session, command);
  const bool json = session.line().json;
  Result<std::string> text =
      session.api().exported(command.stream_id, json ? ExportFormat::json : ExportFormat::markdown);
  if (!text) return session.fail(text.error());
  if (!text->ends_with('\n')) *text += '\n';
  if (!command.file.empty() && command.file != "-") {
    const auto written = write_file(command.file, *text, command.force ? Existing::overwrite : Existing::fail);
    if (!written) return session.fail(written.error());
    session.note("Written to " + terminal_line(command.file) + ".");
    return 0;
  }
  // A pipe or file receives the bytes unchanged.
  const bool filter = session.context().out_is_terminal;
  session.context().output.out(!filter ? *text : json ? terminal_json(*text) : terminal_text(*text));
  return 0;
}

int execute(Session& session, const DeleteCommand& command) {
  if (!command.yes) {
    const Result<bool> confirmed = confirm_task_deletion(session, command.stream_id);
    if (!confirmed) return session.fail(confirmed.error());
    if (!*confirmed) {
      session.note("Nothing was deleted.");
      return row_of(ErrorCode::cancelled).exit_code;
    }
  }
  const Result<void> removed = session.api().remove(command.stream_id);
  if (!removed) return session.fail(removed.error());
  return session.reply(Json{{"stream_id", command.stream_id}, {"deleted", true}}, "Deleted.\n");
}

}  // namespace plenum::client
