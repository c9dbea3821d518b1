#include "client/cli/commands/run_outputs.h"

#include <fmt/format.h>

#include "client/cli/files/export_files.h"
#include "client/cli/files/file_output.h"
#include "client/cli/render/format.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

Existing existing_of(const RunCommand& command) { return command.force ? Existing::overwrite : Existing::fail; }

}  // namespace

Result<void> check_outputs(const RunCommand& command) {
  return command.save_file.empty() ? Result<void>() : check_target(command.save_file, existing_of(command));
}

Result<TaskResult> exported_result(ApiClient& api, const std::string& stream_id) {
  const Result<std::string> text = api.exported(stream_id, ExportFormat::json);
  if (!text) return Failure(text.error());
  const Result<Json> exported = parse_json(*text);
  if (!exported) return Failure(exported.error());
  if (value_at(*exported, "result").is_object()) return task_result_from(value_at(*exported, "result"));
  return Failure(Error{ErrorCode::usage, "the task has no result yet",
                       fmt::format("Wait for its end: plenum wait {}", stream_id)});
}

Result<void> write_outputs(Session& session, const RunCommand& command, const std::string& stream_id) {
  const Result<TaskResult> result = exported_result(session.api(), stream_id);
  if (!result) return Failure(result.error());
  if (!command.save_file.empty()) {
    if (result->answer.empty()) {
      session.note(fmt::format("{} was not written: the task has no answer.", terminal_line(command.save_file)));
    } else {
      const std::string text = result->answer.ends_with('\n') ? result->answer : result->answer + "\n";
      if (auto saved = write_file_atomically(command.save_file, text, existing_of(command)); !saved) return saved;
      session.note("Saved to " + terminal_line(command.save_file) + ".");
    }
  }
  if (command.directory.empty()) return {};
  if (result->files.empty()) {
    session.note("The result has no files. Only workflows that write a program, such as consensus, have them.");
    return {};
  }
  const auto written = write_files(command.directory, result->files, existing_of(command));
  if (!written) return Failure(written.error());
  session.note(fmt::format("{} written to {}.", format_count(static_cast<std::int64_t>(written->size()), "file"),
                           terminal_line(command.directory)));
  return {};
}

}  // namespace plenum::client
