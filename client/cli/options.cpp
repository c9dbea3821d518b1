#include "client/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <sstream>

#include "client/api/api_client.h"
#include "client/cli/help_text.h"
#include "client/cli/run_options.h"
#include "common/ids.h"

namespace plenum::client {
namespace {

constexpr const char* default_server = "http://127.0.0.1:8080";

// What CLI11 writes into before it is checked.
struct Typed {
  std::string server = default_server;
  std::string colour = "auto";
  std::string on_interrupt = "cancel";
  std::string retry_for = "300s";
  std::string task;
  TypedChoices choices;
  std::string member;
  std::string deadline;
  std::string from = "start";
  std::string stream_id;
};

std::string check_id(const std::string& text) {
  return StreamId::parse(text) ? "" : fmt::format("'{}' is not a stream id; `plenum list` shows yours", text);
}

std::string check_duration(const std::string& text) {
  return duration_from(text) ? "" : fmt::format("'{}' is not a time; write it like 90s, 5m or 2h", text);
}

CLI::Validator checked_by(std::string (*check)(const std::string&)) {
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

void add_following_options(CLI::App& command, Typed& typed, CommandLine& line) {
  command.add_option("--on-interrupt", typed.on_interrupt, "What the first Ctrl-C does to the task: cancel or leave")
      ->check(CLI::IsMember({"cancel", "leave"}))
      ->type_name("WHAT")
      ->capture_default_str();
  command.add_option("--retry-for", typed.retry_for, "How long to go on when the server cannot be reached")
      ->check(checked_by(check_duration))
      ->type_name("TIME")
      ->capture_default_str();
  command.add_flag("--show-reasoning", line.show_reasoning,
                   "Show what models think, dimmed, on standard error; else it is only counted");
}

CLI::App* add_run(CLI::App& app, Typed& typed, CommandLine& line, RunCommand& command) {
  CLI::App* run = app.add_subcommand("run", "Hand in a task and watch it being worked on");
  TaskSpec& spec = command.spec;
  run->add_option("TASK", typed.task, "The task; - or a pipe reads it from standard input, both are joined");
  add_run_choices(*run, typed.choices, command);
  run->add_option("--deadline", typed.deadline, "Stop after so long, like 90s or 5m")
      ->check(checked_by(check_duration))
      ->type_name("TIME");
  run->add_option("--message-id", spec.message_id, "Your own id, echoed on every event")->type_name("ID");
  run->add_flag("-d,--detach", command.detach, "Print the stream id and leave; the task goes on");
  add_following_options(*run, typed, line);
  run->footer(run_notes);
  return run;
}

void add_stream_id(CLI::App& command, Typed& typed) {
  command.add_option("ID", typed.stream_id, "The stream's id")->required()->check(checked_by(check_id));
}

CLI::App* add_attach(CLI::App& app, Typed& typed, CommandLine& line, AttachCommand& command) {
  CLI::App* attach =
      app.add_subcommand("attach", "Follow a stream: from its beginning, from now, or from where you were");
  add_stream_id(*attach, typed);
  CLI::Option* from = attach->add_option("--from", typed.from, "Where to begin: start or now")
                          ->check(CLI::IsMember({"start", "now"}))
                          ->type_name("WHERE")
                          ->capture_default_str();
  attach->add_option("--after", command.after, "Begin after the event with this number")
      ->type_name("SEQ")
      ->check(CLI::NonNegativeNumber)
      ->excludes(from);
  add_following_options(*attach, typed, line);
  attach->footer(attach_notes);
  return attach;
}

CLI::App* add_by_id(CLI::App& app, const char* name, const char* what, const char* notes, Typed& typed) {
  CLI::App* command = app.add_subcommand(name, what);
  add_stream_id(*command, typed);
  command->footer(notes);
  return command;
}

void add_list(CLI::App& app, ListCommand& command) {
  CLI::App* list = app.add_subcommand("list", "List your tasks, newest first");
  list->add_option("-n,--limit", command.limit, "How many at most")->check(CLI::Range(1, 100))->capture_default_str();
  list->footer(list_notes);
}

struct WorkflowsCommands {
  CLI::App *list, *show, *check;
};

WorkflowsCommands add_workflows(CLI::App& app, std::string& name, std::vector<std::string>& files) {
  CLI::App* workflows = app.add_subcommand("workflows", "List the server's workflows, show one, or check files");
  workflows->footer(workflows_notes);
  workflows->require_subcommand(0, 1);
  CLI::App* show = workflows->add_subcommand("show", "Print the file of a workflow, to be copied and changed");
  show->add_option("NAME", name, "As the list has it")->required();
  CLI::App* check = workflows->add_subcommand("check", "Say what is wrong with workflow files, without a server");
  check->add_option("FILE", files, "The files; - is standard input")->required();
  for (CLI::App* command : {show, check}) command->fallthrough();
  return {workflows, show, check};
}

void add_globals(CLI::App& app, Typed& typed, CommandLine& line) {
  app.add_option("--server", typed.server, "The server's address")
      ->envname("PLENUM_SERVER")
      ->type_name("URL")
      ->capture_default_str();
  app.add_flag("--json", line.json, "Write JSON: the events one a line, or the server's reply");
  app.add_flag("-q,--quiet", line.quiet, "The final answer and errors only");
  app.add_option("--color", typed.colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->capture_default_str();
}

// What could be wrong only once all of it is known.
void finish(const Typed& typed, CommandLine& line, RunCommand& run, AttachCommand& attach) {
  const Result<std::string> server = server_url_from(typed.server);
  if (!server)
    throw CLI::ValidationError("--server", server.error().message + ". " + std::string(server.error().advice()));
  line.server = *server;
  line.server_is_default = *server == default_server;
  line.colour = typed.colour == "always"  ? ColourMode::always
                : typed.colour == "never" ? ColourMode::never
                                          : ColourMode::automatic;
  line.cancel_on_interrupt = typed.on_interrupt == "cancel";
  line.retry_for = std::chrono::ceil<std::chrono::seconds>(*duration_from(typed.retry_for));
  finish_run_choices(typed.choices, run);
  if (!typed.deadline.empty()) run.spec.deadline = *duration_from(typed.deadline);
  attach.stream_id = typed.stream_id;
  attach.from_now = typed.from == "now";
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

std::optional<milliseconds> duration_from(std::string_view text) {
  static const std::map<std::string_view, double> unit_ms{{"", 1'000},   {"ms", 1},       {"s", 1'000},
                                                          {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}};
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto unit = unit_ms.find(text.substr(digits));
  if (digits == 0 || unit == unit_ms.end()) return std::nullopt;
  const std::string number(text.substr(0, digits));
  char* end = nullptr;
  const double ms = std::strtod(number.c_str(), &end) * unit->second;
  constexpr double week_ms = 7 * 86'400'000.0;
  if (*end != '\0' || ms > week_ms) return std::nullopt;
  return milliseconds(std::llround(ms));
}

std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments) {
  Typed typed;
  CommandLine line;
  RunCommand run_command;
  AttachCommand attach_command;
  ListCommand list_command;
  CLI::App app("Ask several language models at once and watch the answers form.", "plenum");
  app.set_version_flag("--version", "plenum " PLENUM_VERSION);
  app.require_subcommand(1);
  app.failure_message(mistake);
  app.footer(program_notes);
  add_globals(app, typed, line);
  const CLI::App* run = add_run(app, typed, line, run_command);
  const CLI::App* attach = add_attach(app, typed, line, attach_command);
  const CLI::App* status = add_by_id(app, "status", "Say how far a task is", status_notes, typed);
  const CLI::App* cancel = add_by_id(app, "cancel", "Stop a task; what it has produced is kept", cancel_notes, typed);
  CLI::App* skip = add_by_id(app, "skip", "Go on without one member of a task", skip_notes, typed);
  skip->add_option("MEMBER", typed.member, "As the task names it, e.g. openai/gpt-4.1")->required();
  add_list(app, list_command);
  CLI::App* models = app.add_subcommand("models", "List the server's providers: keys, default models, how they are");
  models->footer(models_notes);
  ShowWorkflowCommand show_command;
  CheckWorkflowsCommand check_command;
  const WorkflowsCommands workflows = add_workflows(app, show_command.name, check_command.files);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();  // global options may stand anywhere

  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
    finish(typed, line, run_command, attach_command);
  } catch (const CLI::Error& reason) {
    return early_exit(app, reason);
  }
  if (run->get_option("TASK")->count() > 0) run_command.task = typed.task;
  if (run->parsed())
    line.command = std::move(run_command);
  else if (attach->parsed())
    line.command = std::move(attach_command);
  else if (status->parsed())
    line.command = StatusCommand{typed.stream_id};
  else if (cancel->parsed())
    line.command = CancelCommand{typed.stream_id};
  else if (skip->parsed())
    line.command = SkipCommand{typed.stream_id, typed.member};
  else if (models->parsed())
    line.command = ModelsCommand{};
  else if (workflows.show->parsed())
    line.command = std::move(show_command);
  else if (workflows.check->parsed())
    line.command = std::move(check_command);
  else if (workflows.list->parsed())
    line.command = WorkflowsCommand{};
  else
    line.command = list_command;
  return line;
}

}  // namespace plenum::client
