// Options of `plenum run` for the parameters of model calls. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "common/protocol/model_parameters.h"

namespace plenum::client {

// Written by CLI11 during parsing; must outlive it.
struct ParameterOptions {
  ModelParameters parameters;  // of all calls
  std::vector<std::string> stop;
  std::vector<std::string> named;  // [SCOPE.]NAME=VALUE
};

void add_parameter_options(CLI::App& run, ParameterOptions& options);
// The parameters of parsed options, which are valid.
TaskParameters parameters_from(const ParameterOptions& options);

}  // namespace plenum::client
