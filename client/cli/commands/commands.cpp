#include "client/cli/commands/commands.h"

#include "client/cli/commands/execute.h"
#include "client/cli/tasks/task_ids.h"

namespace plenum::client {

int run_command(const CommandLine& line, const CommandContext& context) {
  Session session(line, context);
  if (const auto usable = session.check_view(); !usable) {
    const int exit_code = session.fail(usable.error());
    context.output.flush();
    return exit_code;
  }
  const Result<Command> named = with_whole_ids(session.api(), line.command);
  const int exit_code = named ? std::visit([&](const auto& command) { return execute(session, command); }, *named)
                              : session.fail(named.error());
  context.output.flush();
  return exit_code == 0 && context.output.broken() ? 1 : exit_code;
}

}  // namespace plenum::client
