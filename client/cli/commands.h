// The commands of `plenum`. Each returns the program's exit code.
#pragma once

#include <string>

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
};

// Does what the line says. Blocks until it is done.
int run_command(const CommandLine& line, const Surroundings& around);

// A status reply and a list reply for people, made safe to show.
std::string status_text(const Json& status);
std::string list_text(const Json& list);

}  // namespace plenum::client
