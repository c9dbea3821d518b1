// Options of `plenum run` that describe the task. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "client/cli/args/command_line.h"
#include "client/cli/args/parameter_options.h"

namespace plenum::client {

// Written by CLI11 during parsing; must outlive it.
struct RunOptions {
  RunCommand command;
  ParameterOptions parameters;
  std::vector<std::string> options, fallbacks;  // KEY=VALUE; MEMBER=ALT[,ALT]
  std::string search;                           // `true`, `requery` or empty
  std::string verdict;                          // `true`, `false` or empty
  std::string deadline, member_deadline;        // a duration, or empty
  std::string cache;                            // `similar`, `exact`, `none` or empty
};

void add_run_options(CLI::App& run, RunOptions& options);
// The command of parsed options, which are valid.
RunCommand run_command_from(const RunOptions& options);

}  // namespace plenum::client
