// The terminal client: parses the command line, reads the environment, runs the command.

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

// Reopens standard descriptors that the caller closed: otherwise the next pipe or socket would get their number, and
// be read as standard input or written to. Writes to them still fail.
void ensure_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace plenum::client;
  ensure_standard_descriptors();
  const bool out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const std::size_t columns = terminal_columns(STDOUT_FILENO);
  const std::size_t help_columns = out_is_terminal ? columns : columns_default;
  const auto parsed = parse_command_line(std::vector<std::string>(argv + 1, argv + argc), help_columns);

  Signals signals;
  SignalWaiter waiting(signals);
  FdOutput output(STDOUT_FILENO, STDERR_FILENO, waiting);
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    output.out(early->out);
    output.err(early->err);
    return finish_output(output, early->code);
  }
  const CommandContext context{
      .output = output,
      .waiting = waiting,
      .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
      .out_is_terminal = out_is_terminal,
      .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
      .one_terminal = is_same_terminal(STDOUT_FILENO, STDERR_FILENO),
      .color = {environment("NO_COLOR"), environment("CLICOLOR_FORCE"), environment("TERM")},
      .plain = {environment("PLENUM_PLAIN"), environment("TERM"), environment("XTERM_VERSION"), environment("TMUX")},
      .columns = columns};
  return run_command(std::get<CommandLine>(parsed), context);
}
