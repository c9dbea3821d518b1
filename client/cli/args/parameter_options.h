// Options of `plenum run` for the parameters of model calls. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "common/protocol/model_parameters.h"

namespace plenum::client {

// Written by CLI11 during parsing; must outlive it.
struct ParameterOptions {
  ModelParameters parameters;
  std::vector<std::string> stop;
  std::string response_format;  // text, json or empty
};

void add_parameter_options(CLI::App& run, ParameterOptions& options);
// The parameters of parsed options, which are valid.
ModelParameters parameters_from(const ParameterOptions& options);

}  // namespace plenum::client
