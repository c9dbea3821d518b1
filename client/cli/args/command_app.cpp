#include "client/cli/args/command_app.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "client/api/api_client.h"
#include "client/cli/args/config_defaults.h"
#include "client/cli/args/help_formatter.h"
#include "client/cli/args/help_text.h"
#include "client/cli/args/input_text.h"
#include "client/cli/args/validators.h"
#include "common/base/version.h"

namespace plenum::client {
namespace {

constexpr const char* help_description = "Show this help";

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
  app.add_option("--output-format", options.format,
                 "Format of standard output: text, json (one object at the end), or stream-json (one event per line)")
      ->check(one_of({"text", "json", "stream-json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  app.add_flag("--json", options.json, "Write JSON: one event per line, or the server's response");
  app.add_flag("-q,--quiet", line.quiet, "Write the final answer and errors only");
  app.add_option("--color", options.color, "Use color: auto, always or never")
      ->check(one_of({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->capture_default_str();
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

OutputFormat format_of(const GlobalOptions& options) {
  if (options.format == "stream-json") return OutputFormat::stream_json;
  if (options.format == "json") return OutputFormat::json;
  return options.json ? OutputFormat::stream_json : OutputFormat::text;
}

}  // namespace

CommandApp::CommandApp(std::size_t columns)
    : app_("Sends a task to several language models at once and streams their answers.", "plenum"),
      globals_(local_address_of_environment()) {
  app_.formatter(std::make_shared<HelpFormatter>(columns));
  app_.set_help_flag("-h,--help", help_description);
  app_.set_version_flag("--version", fmt::format("plenum {}", program_version()), "Show the version");
  app_.require_subcommand(1);
  app_.footer(program_notes);
  add_globals(app_, globals_, line_);
  add_commands();
}

void CommandApp::add_commands() {
  for (const CommandRow& row : command_rows()) {
    CLI::App& parent = row.parent[0] == '\0' ? app_ : *app_.get_subcommand(row.parent);
    CLI::App* command = parent.add_subcommand(row.name, row.description);
    command->group(row.description[0] == '\0' ? "" : "Commands");  // a command without a description is hidden
    command->set_help_flag("-h,--help", help_description);
    command->footer(row.notes);
    row.add_options(*command, options_);
    command->fallthrough();  // global options are accepted after the command
    commands_.push_back(command);
  }
}

const CLI::App* CommandApp::find(const std::vector<std::string>& names) const {
  const CLI::App* found = &app_;
  for (const std::string& name : names) {
    const auto commands = found->get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
    if (commands.empty()) return nullptr;
    found = commands.front();
  }
  return found;
}

// Throws CLI::ValidationError.
void CommandApp::apply_globals() {
  const Result<std::string> server = server_url_from(globals_.server);
  if (!server) {
    throw CLI::ValidationError("--server", server.error().message + ". " + std::string(server.error().advice()));
  }
  line_.server = *server;
  line_.server_is_default = *server == globals_.local.url;
  if (globals_.autostart && line_.server_is_default) line_.autostart_listen = globals_.local.listen;
  line_.format = format_of(globals_);
  line_.json = line_.format != OutputFormat::text;
  line_.color = globals_.color == "always"  ? ColorMode::always
                : globals_.color == "never" ? ColorMode::never
                                            : ColorMode::automatic;
}

void CommandApp::parse(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  app_.parse(std::move(arguments));
  apply_config(app_, [](const char* name) { return std::getenv(name); });
  check_texts(app_);
  apply_globals();
  apply_follow_options(options_.follow, line_);
}

// The parent of a parsed sub-command counts as parsed too, and precedes it in the table.
const CommandRow& CommandApp::chosen_row() const {
  const auto last =
      std::find_if(commands_.rbegin(), commands_.rend(), [](const CLI::App* command) { return command->parsed(); });
  return command_rows()[static_cast<std::size_t>(commands_.rend() - last - 1)];
}

std::optional<std::vector<std::string>> CommandApp::help_words() const {
  return chosen_row().make == nullptr ? std::optional(options_.help) : std::nullopt;
}

CommandLine CommandApp::command_line() const {
  CommandLine line = line_;
  const CommandRow& row = chosen_row();
  line.command = row.make(options_);
  if (!row.starts_server) line.autostart_listen.clear();
  return line;
}

}  // namespace plenum::client
