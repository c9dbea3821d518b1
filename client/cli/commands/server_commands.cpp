// Commands about the server: models, councils, standings and workflows.
#include <fmt/format.h>

#include "client/cli/commands/execute.h"
#include "client/cli/commands/workflow_check.h"
#include "client/cli/files/file_output.h"
#include "client/cli/files/workflow_template.h"
#include "client/cli/tables/councils_text.h"
#include "client/cli/tables/models_text.h"
#include "client/cli/tables/standings_text.h"
#include "client/cli/tables/workflows_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/percent.h"
#include "common/base/version.h"
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"
#include "common/text/edit_distance.h"

namespace plenum::client {
namespace {

int unknown_workflow(Session& session, const std::string& name) {
  const Result<Json> workflows = session.api().workflows();
  if (!workflows) return session.fail(workflows.error());
  const auto names = items_at(*workflows, "workflows", [](const Json& one) { return text_at(one, "name"); });
  return session.fail(Error{ErrorCode::not_found,
                            fmt::format("the server has no workflow \"{}\"{}", name, suggestion(name, names)),
                            "List the workflows with: plenum workflows"});
}

}  // namespace

int execute(Session& session, const ModelsCommand& command) {
  const Result<Json> models = session.api().models(command.refresh);
  if (!models) return session.fail(models.error());
  const auto shown = [&command, columns = session.context().columns](const Json& of, ModelsShown which) {
    return command.prices ? prices_text(of, columns) : models_text(of, which, columns);
  };
  if (command.provider.empty()) return session.reply(*models, shown(*models, ModelsShown::few));
  Json one = Json::object();
  one["providers"] = Json::array();
  const auto names = items_at(*models, "providers", [&](const Json& provider) {
    if (text_at(provider, "name") == command.provider) one["providers"].push_back(provider);
    return text_at(provider, "name");
  });
  if (!one["providers"].empty()) return session.reply(one, shown(one, ModelsShown::all));
  return session.fail(
      Error{ErrorCode::usage,
            fmt::format("the server has no provider \"{}\"{}", command.provider, suggestion(command.provider, names)),
            "`plenum models` lists the providers."});
}

int execute(Session& session, const CouncilsCommand&) {
  const Result<Json> councils = session.api().councils();
  if (!councils) return session.fail(councils.error());
  return session.reply(*councils, councils_text(*councils, session.context().columns));
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
  return session.reply(*standings, standings_text(*standings, session.context().columns));
}

int execute(Session& session, const WorkflowsCommand&) {
  const Result<Json> workflows = session.api().workflows();
  if (!workflows) return session.fail(workflows.error());
  return session.reply(*workflows, workflows_text(*workflows, session.context().columns));
}

int execute(Session& session, const ShowWorkflowCommand& command) {
  const Result<Json> workflow = session.api().workflow(command.name);
  if (!workflow && workflow.error().code == ErrorCode::not_found) return unknown_workflow(session, command.name);
  if (!workflow) return session.fail(workflow.error());
  const std::string source = text_at(*workflow, "source");
  // A pipe or file receives the bytes unchanged.
  return session.reply(*workflow, session.context().out_is_terminal ? terminal_text(source) : source);
}

int execute(Session& session, const CheckWorkflowsCommand& command) {
  session.context().output.flush();
  return session.fail(exec_workflow_check(command.files, session.line().json));
}

int execute(Session& session, const NewWorkflowCommand& command) {
  const Result<std::string> text = workflow_template(command.name);
  if (!text) return session.fail(text.error());
  if (command.file == "-") {
    session.context().output.out(*text);
    return 0;
  }
  const std::string file = command.file.empty() ? command.name + ".toml" : command.file;
  const auto written = write_file(file, *text, command.force ? Existing::overwrite : Existing::fail);
  if (!written) return session.fail(written.error());
  session.note(fmt::format("Written to {0}. Check it with: plenum workflows check {0}", terminal_line(file)));
  return 0;
}

int execute(Session& session, const VersionCommand&) {
  const Result<Json> status = session.api().call("GET", api::server_status, "version");
  const std::string client(program_version()), server = status ? text_at(*status, "version") : "";
  const Json body{
      {"client", client}, {"server", status ? Json(server) : Json(nullptr)}, {"server_url", session.line().server}};
  const std::string reached = status ? fmt::format("plenumd {} at {}", terminal_line(server), session.line().server)
                                     : fmt::format("no server at {}", session.line().server);
  return session.reply(body, fmt::format("plenum {}\n{}\n", client, reached));
}

}  // namespace plenum::client
