// Commands about tasks of the past: list, export, delete. Retry is in session.cpp: it starts a stream.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/commands/confirmation.h"
#include "client/cli/commands/file_output.h"
#include "client/cli/commands/session.h"
#include "client/cli/render/status_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {

int Session::operator()(const ListCommand& command) {
  const Result<Json> list = api_.list(command.limit, command.search);
  if (!list) return fail(list.error());
  return reply(*list, list_text(*list, around_.columns, command.search), 0);
}

int Session::operator()(const ExportCommand& command) {
  Result<std::string> text = api_.exported(command.stream_id, line_.json ? ExportFormat::json : ExportFormat::markdown);
  if (!text) return fail(text.error());
  if (!text->ends_with('\n')) *text += '\n';
  if (!command.file.empty() && command.file != "-") {
    const auto written = write_file(command.file, *text, command.force ? Existing::overwrite : Existing::keep);
    if (!written) return fail(written.error());
    say("Written to " + terminal_line(command.file) + ".");
    return 0;
  }
  // Into a pipe it goes as it is, byte for byte.
  around_.output.out(!around_.out_is_terminal ? *text : line_.json ? terminal_json(*text) : terminal_text(*text));
  return 0;
}

int Session::operator()(const DeleteCommand& command) {
  if (!command.yes) {
    const Result<bool> wanted = wants_deleted(command.stream_id);
    if (!wanted) return fail(wanted.error());
    if (!*wanted) {
      say("Nothing was deleted.");
      return row_of(ErrorCode::cancelled).exit_code;
    }
  }
  const Result<void> removed = api_.remove(command.stream_id);
  if (!removed) return fail(removed.error());
  return reply(Json{{"stream_id", command.stream_id}, {"deleted", true}}, "Deleted.\n", 0);
}

// Asked with the task's own words: an id alone tells nobody whether it is the right one.
Result<bool> Session::wants_deleted(const std::string& stream_id) {
  if (!around_.in_is_terminal || !around_.err_is_terminal) {
    return Failure(Error{ErrorCode::usage, "there is nobody to ask whether the task is to be deleted",
                         "If it is, say so with --yes."});
  }
  const Result<Json> status = api_.status(stream_id);
  if (!status) return Failure(status.error());
  const auto word = task_status_named(text_at(*status, "status"));
  around_.output.err(fmt::format("{}\n{}Delete this task and all that it came to, for good? [y/N] ",
                                 terminal_fit(text_at(*status, "task"), around_.columns),
                                 word && is_terminal(*word) ? "" : "It is still running and will be cancelled. "));
  around_.output.flush();
  return read_yes(around_.in_fd, around_.waiting);
}

}  // namespace plenum::client
