#include "client/settings/client_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "client/settings/durations.h"

namespace plenum::client {
namespace {

constexpr ClientSetting settings_table[] = {
    {"server", "PLENUM_SERVER", "--server", SettingType::text, "", "the local server", "Address of the server"},
    {"autostart", "PLENUM_AUTOSTART", "--autostart", SettingType::flag, "", "true",
     "Start a local server if none is running at the default address"},
    {"workflow", "PLENUM_WORKFLOW", "--workflow", SettingType::text, "", "auto", "Workflow of a task"},
    {"members", "PLENUM_MEMBERS", "--member", SettingType::list, "", "those of the server", "Members of a task"},
    {"council", "PLENUM_COUNCIL", "--council", SettingType::text, "", "none", "Council of a task"},
    {"output_format", "PLENUM_OUTPUT_FORMAT", "--output-format", SettingType::choice, "text|json|stream-json", "text",
     "Format of standard output"},
    {"color", "PLENUM_COLOR", "--color", SettingType::choice, "auto|always|never", "auto", "Use of color"},
    {"view", "PLENUM_VIEW", "--plain", SettingType::choice, "auto|plain", "auto",
     "How a run is shown on a terminal: plain is text that is only appended"},
    {"retry_for", "PLENUM_RETRY_FOR", "--retry-for", SettingType::duration, "", "5m",
     "How long to reconnect while the server is unreachable"},
    {"on_interrupt", "PLENUM_ON_INTERRUPT", "--on-interrupt", SettingType::choice, "cancel|leave", "cancel",
     "Effect of the first Ctrl-C on the task"},
    {"show_reasoning", "PLENUM_SHOW_REASONING", "--show-reasoning", SettingType::flag, "", "false",
     "Show the reasoning of models"},
};

}  // namespace

std::span<const ClientSetting> client_settings() { return settings_table; }

const ClientSetting* client_setting_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(settings_table), std::end(settings_table),
                                   [&](const ClientSetting& setting) { return setting.name == name; });
  return found == std::end(settings_table) ? nullptr : found;
}

std::string value_fault(const ClientSetting& setting, std::string_view text) {
  if (setting.type == SettingType::flag) return text == "true" || text == "false" ? "" : "must be true or false";
  if (setting.type == SettingType::duration) {
    return duration_from(text) ? "" : "must be a duration such as 90s, 5m or 2h";
  }
  if (setting.type != SettingType::choice) return text.empty() ? "must not be empty" : "";
  std::string list;
  for (std::string_view rest = setting.choices; !rest.empty();) {
    const auto end = std::min(rest.find('|'), rest.size());
    if (text == rest.substr(0, end)) return "";
    list.append(list.empty() ? "" : ", ").append(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return fmt::format("must be one of {}", list);
}

std::vector<SettingValue> resolve(const FileValues& file, const Variable& variable) {
  std::vector<SettingValue> values;
  for (const ClientSetting& setting : settings_table) {
    const std::string name(setting.variable);
    const auto found = file.find(std::string(setting.name));
    if (std::string text = value_of(variable, name.c_str()); !text.empty()) {
      values.push_back({&setting, std::move(text), SettingOrigin::environment, name});
    } else if (found != file.end()) {
      values.push_back({&setting, found->second.text, SettingOrigin::file, found->second.where});
    } else {
      values.push_back({&setting, std::string(setting.default_text), SettingOrigin::built_in, ""});
    }
  }
  return values;
}

}  // namespace plenum::client
