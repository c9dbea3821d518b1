// The commands of `plenum`. Each returns the program's exit code.
#pragma once

#include <unistd.h>

#include <cstddef>

#include "client/cli/display_width.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/signals.h"

namespace plenum::client {

// What a command finds around it.
struct Surroundings {
  Output& output;
  SignalWaiting& waiting;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  ColourEnvironment colour;
  std::size_t columns = columns_default;  // of the terminal that standard output is
  int in_fd = STDIN_FILENO;
};

// Does what the line says. Blocks until it is done.
int run_command(const CommandLine& line, const Surroundings& around);

}  // namespace plenum::client
