#include "client/cli/commands/commands.h"

#include "client/cli/commands/execute.h"

namespace plenum::client {

int run_command(const CommandLine& line, const CommandContext& context) {
  Session session(line, context);
  if (const auto usable = session.check_view(); !usable) {
    const int exit_code = session.fail(usable.error());
    context.output.flush();
    return exit_code;
  }
  const int exit_code = std::visit([&](const auto& command) { return execute(session, command); }, line.command);
  context.output.flush();
  return exit_code == 0 && context.output.broken() ? 1 : exit_code;
}

}  // namespace plenum::client
