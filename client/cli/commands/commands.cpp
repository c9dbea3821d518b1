#include "client/cli/commands/commands.h"

#include <cerrno>

#include "client/cli/commands/execute.h"
#include "client/cli/commands/outcome.h"
#include "client/cli/tasks/task_ids.h"

namespace plenum::client {

int finish_output(Output& output, int exit_code) {
  output.flush();
  if (exit_code != 0 || !output.broken()) return exit_code;
  if (output.cause() != EPIPE) {
    output.err("plenum: " + write_failure(output) + "\n");
    output.flush();
  }
  return exit_failed;
}

int run_command(const CommandLine& line, const CommandContext& context) {
  Session session(line, context);
  if (const auto usable = session.check_view(); !usable) {
    const int exit_code = session.fail(usable.error());
    return finish_output(context.output, exit_code);
  }
  session.show_stored_hints();
  const Result<Command> named = with_whole_ids(session.api(), line.command);
  const int exit_code = named ? std::visit([&](const auto& command) { return execute(session, command); }, *named)
                              : session.fail(named.error());
  return finish_output(context.output, exit_code);
}

}  // namespace plenum::client
