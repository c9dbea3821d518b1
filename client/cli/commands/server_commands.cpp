// Commands about the server: models, councils and workflows.
#include "client/cli/commands/execute.h"
#include "client/cli/commands/workflow_check.h"
#include "client/cli/render/councils_text.h"
#include "client/cli/render/models_text.h"
#include "client/cli/render/workflows_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {

int execute(Session& session, const ModelsCommand& command) {
  const Result<Json> models = session.api().models();
  if (!models) return session.fail(models.error());
  return session.reply(*models, command.prices ? prices_text(*models) : models_text(*models));
}

int execute(Session& session, const CouncilsCommand&) {
  const Result<Json> councils = session.api().councils();
  if (!councils) return session.fail(councils.error());
  return session.reply(*councils, councils_text(*councils));
}

int execute(Session& session, const WorkflowsCommand&) {
  const Result<Json> workflows = session.api().workflows();
  if (!workflows) return session.fail(workflows.error());
  return session.reply(*workflows, workflows_text(*workflows));
}

int execute(Session& session, const ShowWorkflowCommand& command) {
  const Result<Json> workflow = session.api().workflow(command.name);
  if (!workflow) return session.fail(workflow.error());
  const std::string source = text_at(*workflow, "source");
  // A pipe or file receives the bytes unchanged.
  return session.reply(*workflow, session.context().out_is_terminal ? terminal_text(source) : source);
}

int execute(Session& session, const CheckWorkflowsCommand& command) {
  session.context().output.flush();
  return session.fail(exec_workflow_check(command.files, session.line().json));
}

}  // namespace plenum::client
