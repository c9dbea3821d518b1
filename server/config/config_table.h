// The one table of settings: every limit has a name, a unit, a default and bounds here and nowhere else.
// The command line, the environment, the file and docs/configuration.md are all made from it.
// A new setting is one field in config.h and one row in config_table.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "server/config/config.h"

namespace plenum::config {

// Where a setting goes; its type is the setting's type.
using Field = std::variant<std::string Config::*, bool Config::*, std::int64_t Config::*,
                           std::chrono::milliseconds Config::*, std::vector<std::string> Config::*>;

struct Setting {
  std::string_view name;      // as in the file: lower case with underscores
  std::string_view unit;      // ms, bytes, count, …; empty when there is none
  std::string_view fallback;  // the default, written as a flag would be
  std::int64_t low = 0;       // bounds of a number, both allowed
  std::int64_t high = 0;
  std::string_view choices;   // `a|b` when only these words are allowed
  std::string_view sentence;  // what it does
  Field field;
};

// In the order of the documentation. Any thread.
std::span<const Setting> settings();
// Null when there is none of this name. Any thread.
const Setting* find_setting(std::string_view name);

// `heartbeat_ms` is `--heartbeat-ms` and PLENUM_HEARTBEAT_MS.
std::string flag_of(const Setting& setting);
std::string variable_of(const Setting& setting);

// Reads the text as the setting's type, checks the bounds and puts it into config. Lists are separated
// by commas. Fails with config_invalid: the message says what the setting takes, without its name.
Result<void> apply(Config& config, const Setting& setting, std::string_view text);
// What the setting takes, in words: "a number from 1 to 64", "text or json".
std::string expectation(const Setting& setting);

// Every setting at its default.
Config default_config();

// The known name that is nearest to a mistyped one; empty when none is near.
std::string nearest_name(std::string_view typed, std::span<const std::string_view> known);

// docs/configuration.md, whole. Any thread.
std::string settings_markdown();

}  // namespace plenum::config
