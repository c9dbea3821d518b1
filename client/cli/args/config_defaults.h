// Values of the environment and of the configuration file for options that are not on the command line. Inside
// client/cli only.
#pragma once

#include <CLI/CLI.hpp>

#include "client/settings/directories.h"

namespace plenum::client {

// After parsing: sets the options of the chosen command. Commands that must work with a faulty file do not read it.
// Throws CLI::ValidationError.
void apply_config(CLI::App& app, const Variable& variable);

}  // namespace plenum::client
