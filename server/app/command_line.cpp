#include "server/app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <variant>

#include "common/base/version.h"
#include "common/base/word_wrap.h"
#include "server/app/help_formatter.h"
#include "server/config/config_table.h"

namespace plenum::app {

namespace {

constexpr const char* config_variable = "PLENUM_CONFIG";
constexpr int exit_usage = 2;  // CLI11 has its own codes, above 100

bool is_flag(const config::Setting& setting) { return std::holds_alternative<bool config::Config::*>(setting.field); }

std::string type_of(const config::Setting& setting) {
  if (!config::is_number(setting)) return "VALUE";
  constexpr const char* names[] = {"NUMBER", "DURATION", "SIZE", "NUMBER"};
  return names[static_cast<std::size_t>(setting.unit)];
}

// The sentence, then the default, then the accepted values unless the type implies them.
std::string description(const config::Setting& setting) {
  std::string text =
      fmt::format("{} Default: {}.", setting.sentence, setting.default_text.empty() ? "none" : setting.default_text);
  if (config::is_number(setting)) text += fmt::format(" Range: {}.", config::accepted_values(setting));
  if (!setting.choices.empty()) text += fmt::format(" Values: {}.", config::accepted_values(setting));
  return text;
}

void add_setting(CLI::App& app, const config::Setting& setting) {
  const std::string text = description(setting);
  if (is_flag(setting)) {
    app.add_flag(config::flag_of(setting), text);
  } else {
    app.add_option(config::flag_of(setting), text)->type_name(type_of(setting));
  }
}

void add_commands(CLI::App& app, CommandLine& line) {
  app.set_version_flag("--version", fmt::format("plenumd {}", program_version()));
  app.add_option("--config", line.config_file,
                 "TOML file with settings and [providers.NAME] tables. Also set by PLENUM_CONFIG.")
      ->type_name("FILE");
  app.add_flag("--check", line.check_only, "Validate configuration and workflows, then exit.");
  CLI::Option* check_workflow = app.add_option("--check-workflow", line.workflow_files,
                                               "Validate these workflow files (- is standard input), then exit.")
                                    ->type_name("FILE...")
                                    ->expected(1, -1);
  app.add_flag("--json", line.json, "With --check-workflow: print JSON.")->needs(check_workflow);
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("Server for tasks of several language models: streams every step as resumable server-sent events.",
               "plenumd");
  const std::size_t width = help_width();
  app.formatter(std::make_shared<HelpFormatter>(width));
  app.footer(
      word_wrapped("Every setting may also be set in the file (--config) or as an environment variable PLENUM_NAME. "
                   "Flags take precedence over the environment, the environment over the file. "
                   "See docs/configuration.md.",
                   width) +
      "\n\nExamples:\n"
      "  plenumd\n"
      "  plenumd --listen 127.0.0.1:9090 --config plenum.toml\n"
      "  plenumd --config plenum.toml --check\n"
      "  plenumd --check-workflow review.toml");
  add_commands(app, line);
  if (const char* file = std::getenv(config_variable)) line.config_file = file;
  for (const auto& setting : config::settings()) add_setting(app, setting);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    line.stop_now = true;
    line.exit_code = app.exit(stop, std::cout, std::cerr) == 0 ? 0 : exit_usage;
    return line;
  }
  for (const auto& setting : config::settings()) {
    const auto* option = app.get_option(config::flag_of(setting));
    if (option->count() > 0) line.flags.emplace(setting.name, option->results().back());
  }
  return line;
}

}  // namespace plenum::app
