// Commands about the server: models, councils, standings and workflows.
#include <fmt/format.h>

#include "client/cli/commands/execute.h"
#include "client/cli/commands/workflow_check.h"
#include "client/cli/render/councils_text.h"
#include "client/cli/render/models_text.h"
#include "client/cli/render/standings_text.h"
#include "client/cli/render/workflows_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/percent.h"
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {

int execute(Session& session, const ModelsCommand& command) {
  const Result<Json> models = session.api().models(command.refresh);
  if (!models) return session.fail(models.error());
  const auto shown = [&command](const Json& of, ModelsShown which) {
    return command.prices ? prices_text(of) : models_text(of, which);
  };
  if (command.provider.empty()) return session.reply(*models, shown(*models, ModelsShown::few));
  Json one = Json::object();
  one["providers"] = Json::array();
  items_at(*models, "providers", [&](const Json& provider) {
    if (text_at(provider, "name") == command.provider) one["providers"].push_back(provider);
    return true;
  });
  if (!one["providers"].empty()) return session.reply(one, shown(one, ModelsShown::all));
  return session.fail(Error{ErrorCode::usage, "the server has no provider \"" + command.provider + "\"",
                            "`plenum models` lists the providers."});
}

int execute(Session& session, const CouncilsCommand&) {
  const Result<Json> councils = session.api().councils();
  if (!councils) return session.fail(councils.error());
  return session.reply(*councils, councils_text(*councils));
}

int execute(Session& session, const StandingsCommand& command) {
  std::string path(api::standings);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty())
      path += fmt::format("{}{}={}", path.find('?') == path.npos ? '?' : '&', name, percent_encoded(value));
  };
  add("workflow", command.workflow);
  add("tag", command.tag);
  add("since", command.since);
  const Result<Json> standings = session.api().call("GET", path, "standings");
  if (!standings) return session.fail(standings.error());
  return session.reply(*standings, standings_text(*standings));
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
