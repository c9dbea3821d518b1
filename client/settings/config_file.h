// The configuration file of the client: TOML, one key per setting, no tables. Any thread.
// Source: https://toml.io/en/v1.0.0
#pragma once

#include <string>
#include <string_view>

#include "client/settings/client_settings.h"
#include "common/base/result.h"

namespace plenum::client {

// Fails with config_invalid; the message has all faults, one per line, each as FILE:LINE:COLUMN with a suggestion for a
// misspelt name.
Result<FileValues> parse_config(std::string_view text, std::string_view path);
// No values without a file.
Result<FileValues> load_config(const std::string& path);
// The text with this value in place of an earlier one, or at its end; without it if `value` is empty. All other lines,
// comments included, are unchanged. Fails with usage for a wrong value, with config_invalid for a file with faults.
Result<std::string> config_with(std::string_view text, std::string_view path, const ClientSetting& setting,
                                std::string_view value);

}  // namespace plenum::client
