// The commands of `plenum`. Each returns the program's exit code.
#pragma once

#include <unistd.h>

#include <cstddef>

#include "client/cli/args/command_line.h"
#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/signals.h"

namespace plenum::client {

// What a command finds around it.
struct CommandContext {
  Output& output;
  SignalWaiter& waiting;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  ColorEnvironment color;
  std::size_t columns = columns_default;  // of the terminal that standard output is
  int in_fd = STDIN_FILENO;
};

// Does what the line says. Blocks until it is done.
int run_command(const CommandLine& line, const CommandContext& around);

}  // namespace plenum::client
