// The entry point of the commands of `plenum`.
#pragma once

#include <unistd.h>

#include <cstddef>

#include "client/cli/args/command_line.h"
#include "client/cli/render/view_choice.h"
#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/signals.h"

namespace plenum::client {

// The terminal and environment of a command.
struct CommandContext {
  Output& output;
  SignalWaiter& waiting;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool one_terminal = false;  // standard output and standard error are the same terminal
  ColorEnvironment color;
  PlainEnvironment plain{};
  std::size_t columns = columns_default;  // of standard output
  int in_fd = STDIN_FILENO;
};

// Writes what is buffered and returns the exit code: 1 instead of 0, with the cause on standard error, if standard
// output could not be written. A reader that closed its pipe, such as head, is no error to report.
int finish_output(Output& output, int exit_code);

// Runs the command of the line and returns the exit code. Blocks until the command is finished.
int run_command(const CommandLine& line, const CommandContext& context);

}  // namespace plenum::client
