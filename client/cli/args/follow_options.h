// Options of the commands that follow a stream: run, attach, retry, extend. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "client/cli/args/command_line.h"

namespace plenum::client {

// Written by CLI11 during parsing; must outlive it.
struct FollowOptions {
  std::string on_interrupt = "cancel";
  std::string retry_for = "5m";
  bool show_reasoning = false;
  bool plain = false;
  bool full = false;
};

// --retry-for alone.
void add_retry_for(CLI::App& command, FollowOptions& options);
void add_follow_options(CLI::App& command, FollowOptions& options);
// Copies the parsed options, which are valid, into the command line.
void apply_follow_options(const FollowOptions& options, CommandLine& line);

}  // namespace plenum::client
