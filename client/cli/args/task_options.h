// Options of the commands that deal with tasks of the past: list, export, retry, delete. Inside client/cli
// only.
#pragma once

#include <CLI/CLI.hpp>

#include "client/cli/args/command_line.h"
#include "client/cli/args/stream_options.h"

namespace plenum::client {

// What CLI11 writes into. It must outlive the parsing.
struct TypedHistory {
  ListCommand list;
  ExportCommand exported;
  RetryCommand retry;
  DeleteCommand removed;
};

void add_history_commands(CLI::App& app, TypedHistory& typed, TypedFollowing& following, CommandLine& line,
                          CommandChoices& choices);

}  // namespace plenum::client
