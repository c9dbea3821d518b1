// The settings of the client: names, variables, options and values in one table. The command line, the configuration
// file, `plenum config` and docs/client.md use it. A new setting is a row here; an option of the same meaning is found
// by its name. Precedence: option, environment, file, default.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/settings/directories.h"

namespace plenum::client {

enum class SettingType : std::uint8_t { text, list, flag, duration, choice };

struct ClientSetting {
  std::string_view name;      // in the file
  std::string_view variable;  // of the environment
  std::string_view option;    // of the command line
  SettingType type;
  std::string_view choices;       // of a choice: `a|b`
  std::string_view default_text;  // for people
  std::string_view sentence;
};

std::span<const ClientSetting> client_settings();
// Null for an unknown name.
const ClientSetting* client_setting_named(std::string_view name);
// Why the text is no value of the setting, such as `must be one of auto, plain`; empty if it is one.
std::string value_fault(const ClientSetting& setting, std::string_view text);

enum class SettingOrigin : std::uint8_t { built_in, file, environment };

struct SettingValue {
  const ClientSetting* setting;
  std::string text;  // as on the command line; of a list: joined with commas
  SettingOrigin origin;
  std::string where;  // FILE:LINE:COLUMN, or the variable
};

// A value of the file, by the name of its setting.
struct FileValue {
  std::string text;
  std::string where;
};
using FileValues = std::map<std::string, FileValue>;

// One value per setting, in the order of the table. An empty variable is not set. Pure; any thread.
std::vector<SettingValue> resolve(const FileValues& file, const Variable& variable);

}  // namespace plenum::client
