#include "client/cli/args/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "client/api/api_client.h"
#include "client/cli/args/help_text.h"
#include "client/cli/args/run_options.h"
#include "client/cli/args/stream_options.h"
#include "client/cli/args/task_options.h"
#include "client/cli/args/validators.h"
#include "common/base/version.h"

namespace plenum::client {
namespace {

constexpr const char* default_server = "http://127.0.0.1:8080";

// What CLI11 writes into before it is checked.
struct Typed {
  std::string server = default_server;
  std::string color = "auto";
  std::string task;
  std::string deadline;
  RunCommand run;
  TypedChoices choices;
  TypedFollowing following;
  TypedStream stream;
  TypedHistory history;
  ShowWorkflowCommand show;
  CheckWorkflowsCommand check;
};

CLI::App* add_run(CLI::App& app, Typed& typed, CommandLine& line) {
  CLI::App* run = app.add_subcommand("run", "Hand in a task and watch it being worked on");
  RunCommand& command = typed.run;
  run->add_option("TASK", typed.task, "The task; - or a pipe reads it from standard input, both are joined");
  add_run_choices(*run, typed.choices, command);
  run->add_option("--deadline", typed.deadline, "Stop after so long, like 90s or 5m")
      ->check(checked_by(check_duration))
      ->type_name("TIME");
  run->add_option("--message-id", command.spec.message_id, "Your own id, echoed on every event")->type_name("ID");
  run->add_flag("-d,--detach", command.detach, "Print the stream id and leave; the task goes on");
  add_following_options(*run, typed.following, line);
  run->footer(run_notes);
  return run;
}

void add_workflows(CLI::App& app, Typed& typed, CommandChoices& choices) {
  CLI::App* workflows = app.add_subcommand("workflows", "List the server's workflows, show one, or check files");
  workflows->footer(workflows_notes);
  workflows->require_subcommand(0, 1);
  CLI::App* show = workflows->add_subcommand("show", "Print the file of a workflow, to be copied and changed");
  show->add_option("NAME", typed.show.name, "As the list has it")->required();
  CLI::App* check = workflows->add_subcommand("check", "Say what is wrong with workflow files, without a server");
  check->add_option("FILE", typed.check.files, "The files; - is standard input")->required();
  for (CLI::App* command : {show, check}) command->fallthrough();
  choices.push_back({show, [&] { return typed.show; }});
  choices.push_back({check, [&] { return typed.check; }});
  choices.push_back({workflows, [] { return WorkflowsCommand{}; }});  // behind its own: they count as parsed too
}

void add_globals(CLI::App& app, Typed& typed, CommandLine& line) {
  app.add_option("--server", typed.server, "The server's address")
      ->envname("PLENUM_SERVER")
      ->type_name("URL")
      ->capture_default_str();
  app.add_flag("--json", line.json, "Write JSON: the events one a line, or the server's reply");
  app.add_flag("-q,--quiet", line.quiet, "The final answer and errors only");
  app.add_option("--color", typed.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->capture_default_str();
}

// What could be wrong only once all of it is known.
void finish(Typed& typed, CommandLine& line) {
  const Result<std::string> server = server_url_from(typed.server);
  if (!server)
    throw CLI::ValidationError("--server", server.error().message + ". " + std::string(server.error().advice()));
  line.server = *server;
  line.server_is_default = *server == default_server;
  line.color = typed.color == "always"  ? ColorMode::always
               : typed.color == "never" ? ColorMode::never
                                        : ColorMode::automatic;
  finish_following_options(typed.following, line);
  finish_run_choices(typed.choices, typed.run);
  if (!typed.deadline.empty()) typed.run.spec.deadline = *duration_from(typed.deadline);
}

EarlyExit early_exit(const CLI::App& app, const CLI::Error& reason) {
  std::ostringstream out, err;
  const int code = app.exit(reason, out, err);
  return {code == 0 ? 0 : 2, out.str(), err.str()};
}

std::string mistake(const CLI::App* app, const CLI::Error& error) {
  const auto chosen = app->get_subcommands();
  if (chosen.empty() && !app->remaining().empty()) {
    return fmt::format(
        "plenum: there is no command '{}'\nSee `plenum --help`. A task is handed in with: plenum run \"…\"\n",
        app->remaining().front());
  }
  const std::string help =
      chosen.empty() ? "plenum --help" : fmt::format("plenum {} --help", chosen.front()->get_name());
  const bool too_many = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  return fmt::format("plenum: {}\nSee `{}`.{}\n", error.what(), help,
                     too_many ? " A task of several words is written in quotes." : "");
}

}  // namespace

std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments) {
  Typed typed;
  CommandLine line;
  CommandChoices choices;
  CLI::App app("Ask several language models at once and watch the answers form.", "plenum");
  app.set_version_flag("--version", fmt::format("plenum {}", program_version()));
  app.require_subcommand(1);
  app.failure_message(mistake);
  app.footer(program_notes);
  add_globals(app, typed, line);
  const CLI::App* run = add_run(app, typed, line);
  choices.push_back({run, [&] { return typed.run; }});
  add_stream_commands(app, typed.stream, typed.following, line, choices);
  add_history_commands(app, typed.history, typed.following, line, choices);
  CLI::App* models = app.add_subcommand("models", "List the server's providers: keys, default models, how they are");
  models->footer(models_notes);
  choices.push_back({models, [] { return ModelsCommand{}; }});
  add_workflows(app, typed, choices);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();  // global options may stand anywhere

  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
    finish(typed, line);
  } catch (const CLI::Error& reason) {
    return early_exit(app, reason);
  }
  if (run->get_option("TASK")->count() > 0) typed.run.task = typed.task;
  const auto chosen =
      std::find_if(choices.begin(), choices.end(), [](const auto& choice) { return choice.app->parsed(); });
  line.command = chosen->make();  // there is one: require_subcommand
  return line;
}

}  // namespace plenum::client
