// The terminal client: read the command line, find out where we are, do what was asked.

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/signals.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace plenum::client;
  const auto parsed = parse_command_line(std::vector<std::string>(argv + 1, argv + argc));

  Signals signals;
  SignalWaiting waiting(signals);
  FdOutput output(STDOUT_FILENO, STDERR_FILENO, [&] { return waiting.told_to_stop(); });
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    output.out(early->out);
    output.err(early->err);
    output.flush();
    return early->code;
  }
  const Surroundings around{.output = output,
                            .waiting = waiting,
                            .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
                            .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                            .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
                            .colour = {environment("NO_COLOR"), environment("CLICOLOR_FORCE"), environment("TERM")}};
  return run_command(std::get<CommandLine>(parsed), around);
}
