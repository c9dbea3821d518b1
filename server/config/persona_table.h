// Parses the [personas] table of the configuration file. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <string>

#include "server/config/file_errors.h"

namespace plenum::config {

// System prompts by name.
std::map<std::string, std::string, std::less<>> read_personas(FileErrors& errors, const toml::node& node);

}  // namespace plenum::config
