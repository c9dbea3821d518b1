#include "server/app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "common/base/version.h"
#include "server/config/config_table.h"

namespace plenum::app {

namespace {

constexpr const char* config_variable = "PLENUM_CONFIG";
constexpr int exit_usage = 2;  // CLI11 has codes of its own, above 100

std::string described(const config::Setting& setting) {
  std::string text(setting.sentence);
  const std::string_view fallback = setting.fallback.empty() ? std::string_view("none") : setting.fallback;
  return text.append(" [default ")
      .append(fallback)
      .append(setting.unit.empty() ? "" : " ")
      .append(setting.unit)
      .append("]");
}

}  // namespace

CommandLine read_command_line(int argc, char** argv) {
  CommandLine result;
  CLI::App app("plenumd: takes tasks, asks many language models together and streams everything as it happens.");
  app.footer(
      "Every setting may also stand in the file (--config) or in the environment as PLENUM_NAME; flags win over the\n"
      "environment, the environment over the file. docs/configuration.md lists them all.\n\n"
      "Examples:\n"
      "  plenumd\n"
      "  plenumd --listen 127.0.0.1:9090 --config plenum.toml\n"
      "  plenumd --config plenum.toml --check\n"
      "  plenumd --check-workflow review.toml");
  app.set_version_flag("--version", fmt::format("plenumd {}", program_version()));
  app.add_option("--config", result.config_file,
                 "TOML file with settings and [providers.NAME] tables; also as PLENUM_CONFIG")
      ->type_name("FILE");
  app.add_flag("--check", result.check_only, "read configuration and workflows, say what is wrong, and exit");
  CLI::Option* check_workflow =
      app.add_option("--check-workflow", result.workflow_files,
                     "read these workflow files (- is standard input), say all that is wrong with them, and exit")
          ->type_name("FILE ...")
          ->expected(1, -1);
  app.add_flag("--json", result.json, "with --check-workflow: say it as JSON")->needs(check_workflow);
  std::map<std::string, std::string> given;
  if (const char* file = std::getenv(config_variable)) result.config_file = file;
  for (const auto& setting : config::settings()) {
    auto& place = given[std::string(setting.name)];
    app.add_option(config::flag_of(setting), place, described(setting))
        ->type_name(setting.unit.empty() ? "VALUE" : std::string(setting.unit));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    result.stop_now = true;
    result.exit_code = app.exit(stop, std::cout, std::cerr) == 0 ? 0 : exit_usage;
    return result;
  }
  for (const auto& setting : config::settings()) {
    const std::string flag = config::flag_of(setting);
    if (app.count(flag) > 0) result.flags.emplace(setting.name, given[std::string(setting.name)]);
  }
  return result;
}

}  // namespace plenum::app
