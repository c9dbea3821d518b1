// Parses the [councils.NAME] tables of the configuration file and of workflow files. Pure; any thread.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <string>
#include <vector>

#include "common/protocol/council.h"

namespace plenum::config {

// Receives an error and its position.
using ReportAt = std::function<void(const toml::source_region& at, std::string what)>;

// The councils, in alphabetical order. Only names, types and ranges are checked: members are resolved when a task uses
// the council.
std::vector<Council> read_councils(const toml::node& node, const ReportAt& report);

// The table as JSON. Dates and times become strings.
Json json_of(const toml::table& table);

}  // namespace plenum::config
