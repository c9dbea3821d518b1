#include "client/cli/args/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "client/api/api_client.h"
#include "client/autostart/local_address.h"
#include "client/cli/args/command_table.h"
#include "client/cli/args/help_formatter.h"
#include "client/cli/args/help_text.h"
#include "client/cli/args/input_text.h"
#include "common/base/version.h"

namespace plenum::client {
namespace {

constexpr const char* help_description = "Show this help";
// Written by CLI11 during parsing.
struct GlobalOptions {
  explicit GlobalOptions(LocalAddress at) : local(std::move(at)), server(local.url) {}

  LocalAddress local;
  std::string server;
  std::string color = "auto";
  bool autostart = true;
};

LocalAddress local_address_of_environment() {
  const char* listen = std::getenv("PLENUM_LISTEN");
  return local_address(listen == nullptr ? "" : listen);
}

void add_globals(CLI::App& app, GlobalOptions& options, CommandLine& line) {
  app.add_option("--server", options.server, "Server address")
      ->envname("PLENUM_SERVER")
      ->type_name("URL")
      ->capture_default_str();
  app.add_flag("--no-autostart{false},--autostart{true}", options.autostart,
               "Do not start a local server if none is running at the default address")
      ->envname("PLENUM_AUTOSTART")
      ->type_name("");
  app.add_flag("--json", line.json, "Write JSON: one event per line, or the server's response");
  app.add_flag("-q,--quiet", line.quiet, "Write the final answer and errors only");
  app.add_option("--color", options.color, "Use color: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->capture_default_str();
}

// Throws CLI::ValidationError.
void apply_globals(const GlobalOptions& options, CommandLine& line) {
  const Result<std::string> server = server_url_from(options.server);
  if (!server)
    throw CLI::ValidationError("--server", server.error().message + ". " + std::string(server.error().advice()));
  line.server = *server;
  line.server_is_default = *server == options.local.url;
  if (options.autostart && line.server_is_default) line.autostart_listen = options.local.listen;
  line.color = options.color == "always"  ? ColorMode::always
               : options.color == "never" ? ColorMode::never
                                          : ColorMode::automatic;
}

// One app per row of the table.
std::vector<const CLI::App*> add_commands(CLI::App& app, CommandOptions& options) {
  std::vector<const CLI::App*> apps;
  for (const CommandRow& row : command_rows()) {
    CLI::App& parent = row.parent[0] == '\0' ? app : *app.get_subcommand(row.parent);
    CLI::App* command = parent.add_subcommand(row.name, row.description);
    command->group("Commands");
    command->set_help_flag("-h,--help", help_description);
    command->footer(row.notes);
    row.add_options(*command, options);
    command->fallthrough();  // global options are accepted after the command
    apps.push_back(command);
  }
  return apps;
}

EarlyExit early_exit(const CLI::App& app, const CLI::Error& reason) {
  std::ostringstream out, err;
  const int code = app.exit(reason, out, err);
  return {code == 0 ? 0 : 2, out.str(), err.str()};
}

std::string usage_error(const CLI::App* app, const CLI::Error& error) {
  const auto chosen = app->get_subcommands();
  if (chosen.empty() && !app->remaining().empty()) {
    return fmt::format("plenum: unknown command '{}'\nSee `plenum --help`. To submit a task, use: plenum run \"…\"\n",
                       app->remaining().front());
  }
  const std::string help =
      chosen.empty() ? "plenum --help" : fmt::format("plenum {} --help", chosen.front()->get_name());
  const bool too_many = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const auto extras = app->remaining(true);
  const bool dash = !extras.empty() && extras.front().starts_with('-');
  std::string_view hint;
  if (too_many && dash) {
    hint = " Put a text that starts with a dash after `--`: plenum run -- \"--find me\"";
  } else if (too_many) {
    hint = " Put a task of several words in quotes.";
  }
  return fmt::format("plenum: {}\nSee `{}`.{}\n", error.what(), help, hint);
}

// Texts are sent as UTF-8, so other bytes would be changed. Names of files may have any bytes; what their options
// accept as a text is checked where it is read. Throws CLI::ValidationError.
void check_texts(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type.find("FILE") != type.npos || type.find("DIR") != type.npos) continue;
    for (const std::string& text : option->results()) {
      const Result<std::string> valid = input_text(text, "the argument");
      if (valid) continue;
      const Error& error = valid.error();
      throw CLI::ValidationError(option->get_name(), fmt::format("{}. {}", error.message, error.advice()));
    }
  }
  for (const CLI::App* command : app.get_subcommands()) check_texts(*command);
}

}  // namespace

std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments, std::size_t columns) {
  GlobalOptions globals(local_address_of_environment());
  CommandOptions options;
  CommandLine line;
  CLI::App app("Sends a task to several language models at once and streams their answers.", "plenum");
  app.formatter(std::make_shared<HelpFormatter>(columns));
  app.set_help_flag("-h,--help", help_description);
  app.set_version_flag("--version", fmt::format("plenum {}", program_version()), "Show the version");
  app.require_subcommand(1);
  app.failure_message(usage_error);
  app.footer(program_notes);
  add_globals(app, globals, line);
  const std::vector<const CLI::App*> apps = add_commands(app, options);

  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
    check_texts(app);
    apply_globals(globals, line);
  } catch (const CLI::Error& reason) {
    return early_exit(app, reason);
  }
  apply_follow_options(options.follow, line);
  // The parent of a parsed sub-command counts as parsed too, and precedes it in the table.
  const auto last = std::find_if(apps.rbegin(), apps.rend(), [](const CLI::App* command) { return command->parsed(); });
  line.command = command_rows()[static_cast<std::size_t>(apps.rend() - last - 1)].make(options);
  return line;
}

}  // namespace plenum::client
