#include "client/cli/args/command_line.h"

#include <sstream>

#include "client/cli/args/command_app.h"
#include "client/cli/args/usage_message.h"

namespace plenum::client {

std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments, std::size_t columns) {
  CommandApp command_app(columns);
  try {
    command_app.parse(arguments);
  } catch (const CLI::Error& reason) {
    if (reason.get_exit_code() != 0) return EarlyExit{2, {}, usage_message(command_app.app(), reason, arguments)};
    std::ostringstream out, err;  // --help and --version
    command_app.app().exit(reason, out, err);
    return EarlyExit{0, out.str(), {}};
  }
  if (auto words = command_app.help_words()) {
    if (command_app.find(*words) == nullptr) return EarlyExit{2, {}, unknown_command(command_app.app(), *words)};
    words->emplace_back("--help");
    return parse_command_line(*std::move(words), columns);
  }
  return command_app.command_line();
}

}  // namespace plenum::client
