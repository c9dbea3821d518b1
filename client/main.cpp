// The terminal client: read the command line, find out where we are, do what was asked.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/args/command_line.h"
#include "client/cli/commands/commands.h"
#include "client/cli/terminal/output.h"
#include "client/cli/terminal/signals.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A descriptor that was closed by the caller would be given to the next pipe or socket, which would then be
// taken for standard input or be written to. Output to a closed one fails, as it should.
void ensure_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace plenum::client;
  ensure_standard_descriptors();
  const auto parsed = parse_command_line(std::vector<std::string>(argv + 1, argv + argc));

  Signals signals;
  SignalWaiter waiting(signals);
  FdOutput output(STDOUT_FILENO, STDERR_FILENO, waiting);
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    output.out(early->out);
    output.err(early->err);
    output.flush();
    return early->code;
  }
  const CommandContext around{.output = output,
                              .waiting = waiting,
                              .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
                              .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                              .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
                              .color = {environment("NO_COLOR"), environment("CLICOLOR_FORCE"), environment("TERM")},
                              .columns = terminal_columns(STDOUT_FILENO)};
  return run_command(std::get<CommandLine>(parsed), around);
}
