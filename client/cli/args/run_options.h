// The options of `plenum run` that say who works on the task and with what. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "client/cli/args/command_line.h"

namespace plenum::client {

// What CLI11 writes into before it is made into a task.
struct TypedChoices {
  std::vector<std::string> options, fallbacks;
  std::string search;  // true, requery, or nothing
};

void add_run_choices(CLI::App& run, TypedChoices& typed, RunCommand& command);
void finish_run_choices(const TypedChoices& typed, RunCommand& command);

}  // namespace plenum::client
