#include "client/cli/commands/commands.h"

#include <fmt/format.h>

#include "client/cli/commands/session.h"
#include "client/cli/commands/workflow_check.h"
#include "client/cli/render/models_text.h"
#include "client/cli/render/status_text.h"
#include "client/cli/render/workflows_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {

int run_command(const CommandLine& line, const CommandContext& around) {
  const int exit_code = std::visit(Session(line, around), line.command);
  around.output.flush();
  return exit_code == 0 && around.output.broken() ? 1 : exit_code;
}

int Session::operator()(const StatusCommand& command) {
  const Result<Json> status = api_.status(command.stream_id);
  if (!status) return fail(status.error());
  return reply(*status, status_text(*status), 0);
}

int Session::operator()(const CancelCommand& command) {
  const Result<CancelReply> cancelled = api_.cancel(command.stream_id);
  if (!cancelled) return fail(cancelled.error());
  const std::string text = cancelled->already_finished ? fmt::format("The task had ended already ({}).\n",
                                                                     terminal_line(text_at(cancelled->body, "status")))
                                                       : "The task is being cancelled; what it has produced is kept.\n";
  return reply(cancelled->body, text, 0);
}

int Session::operator()(const SkipCommand& command) {
  const Result<CancelReply> skipped = api_.skip(command.stream_id, command.member);
  if (!skipped) return fail(skipped.error());
  const std::string member = terminal_line(command.member);
  return reply(skipped->body,
               skipped->already_finished ? fmt::format("{} has nothing open.\n", member)
                                         : fmt::format("{} is being skipped; the task goes on without it.\n", member),
               0);
}

int Session::operator()(const ModelsCommand&) {
  const Result<Json> models = api_.models();
  if (!models) return fail(models.error());
  return reply(*models, models_text(*models), 0);
}

int Session::operator()(const WorkflowsCommand&) {
  const Result<Json> workflows = api_.workflows();
  if (!workflows) return fail(workflows.error());
  return reply(*workflows, workflows_text(*workflows), 0);
}

int Session::operator()(const ShowWorkflowCommand& command) {
  const Result<Json> workflow = api_.workflow(command.name);
  if (!workflow) return fail(workflow.error());
  const std::string source = text_at(*workflow, "source");
  // Into a file it goes as it is, byte for byte.
  return reply(*workflow, around_.out_is_terminal ? terminal_text(source) : source, 0);
}

int Session::operator()(const CheckWorkflowsCommand& command) {
  around_.output.flush();
  return fail(exec_workflow_check(command.files, line_.json));
}

}  // namespace plenum::client
