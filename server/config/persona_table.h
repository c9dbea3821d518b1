// Reads the [personas] table of the configuration file. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <string>

#include "server/config/provider_tables.h"

namespace plenum::config {

// A name and its system text each.
std::map<std::string, std::string, std::less<>> read_personas(FileFaults& faults, const toml::node& node);

}  // namespace plenum::config
