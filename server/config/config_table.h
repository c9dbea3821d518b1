// The table of settings: every limit has its name, unit, default and range here and nowhere else. The command line, the
// environment, the file and docs/configuration.md use this table.
// A new setting is a field in config.h, a row in config_table.cpp, and its use in the options of a module.
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
#include "server/config/units.h"

namespace plenum::config {

// The field of a setting; its type is the type of the setting.
using Field = std::variant<std::string Config::*, bool Config::*, std::int64_t Config::*,
                           std::chrono::milliseconds Config::*, std::vector<std::string> Config::*>;

struct Setting {
  std::string_view name;          // as in the file: lower case with underscores
  Unit unit = Unit::count;        // of a number
  std::string_view default_text;  // as on the command line; empty: none
  std::int64_t low = 0;           // range of a number, inclusive
  std::int64_t high = 0;
  std::string_view choices;   // `a|b`: only these values
  std::string_view sentence;  // description
  Field field;
};

// In the order of the documentation. Any thread.
std::span<const Setting> settings();
// Null for an unknown name. Any thread.
const Setting* find_setting(std::string_view name);
// Whether the value is a number, a duration or a size.
bool is_number(const Setting& setting);

// `heartbeat_ms` is `--heartbeat-ms` and PLENUM_HEARTBEAT_MS.
std::string flag_of(const Setting& setting);
std::string variable_of(const Setting& setting);

// Parses the text as the type of the setting, checks the range and stores the value. Lists are separated by commas.
// Fails with config_invalid; the message has the expectation, without the name of the setting.
Result<void> apply(Config& config, const Setting& setting, std::string_view text);
// For errors: "a duration from 10ms to 1h", "one of text, json".
std::string expectation(const Setting& setting);
// For tables and help: "10ms to 1h", "text, json".
std::string accepted_values(const Setting& setting);

// Every setting at its default.
Config default_config();

}  // namespace plenum::config
