#include "client/cli/args/config_defaults.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "client/settings/config_file.h"

namespace plenum::client {
namespace {

constexpr std::string_view commands_without_config[] = {"config",     "keys", "completion",
                                                        "__complete", "help", "version"};

bool is_given(const CLI::App& app, const char* name) {
  const CLI::Option* option = app.get_option_no_throw(name);
  return option != nullptr && option->count() > 0;
}

// Options that the command line has instead: a council has members and a workflow of its own.
bool is_replaced(const CLI::App& app, const CLI::App& command, std::string_view name) {
  if (name == "members") return is_given(command, "--council");
  if (name == "council") return is_given(command, "--member");
  if (name == "workflow") return is_given(command, "--council");
  return name == "output_format" && is_given(app, "--json");
}

// The text for the option; empty: none.
std::string option_text(const SettingValue& value) {
  if (value.setting->name != "view") return value.text;
  return value.text == "plain" ? "true" : "";
}

void set_option(CLI::Option& option, const SettingValue& value) {
  const std::string fault = value_fault(*value.setting, value.text);
  if (!fault.empty()) throw CLI::ValidationError(value.where, fault);
  const std::string text = option_text(value);
  if (text.empty()) return;
  try {
    option.add_result(text);
    option.run_callback();
  } catch (const CLI::Error& error) {
    throw CLI::ValidationError(value.where, error.what());
  }
}

}  // namespace

void apply_config(CLI::App& app, const Variable& variable) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return;
  const auto* exempt =
      std::find(std::begin(commands_without_config), std::end(commands_without_config), chosen.front()->get_name());
  if (exempt != std::end(commands_without_config)) return;
  CLI::App* command = chosen.front();
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const auto file = load_config(config_path(variable));
  if (!file) throw CLI::ValidationError(fmt::format("{}\n{}", file.error().message, file.error().advice()));
  for (const SettingValue& value : resolve(*file, variable)) {
    if (value.origin == SettingOrigin::built_in || is_replaced(app, *command, value.setting->name)) continue;
    const std::string name(value.setting->option);
    CLI::Option* option = command->get_option_no_throw(name);
    if (option == nullptr) option = app.get_option_no_throw(name);
    if (option != nullptr && option->count() == 0) set_option(*option, value);
  }
}

}  // namespace plenum::client
