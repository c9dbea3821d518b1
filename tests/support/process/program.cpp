#include "tests/support/process/program.h"

namespace plenum::tests {

Command plenum_command(const std::string& server_url, std::vector<std::string> args, std::string stdin_text,
                       std::map<std::string, std::string> env) {
  env.emplace("PLENUM_SERVER", server_url);
  env.emplace("PLENUM_CONFIG_DIR", "/nonexistent");  // not that of the user
  return {PLENUM_PATH, std::move(args), std::move(env), std::move(stdin_text)};
}

}  // namespace plenum::tests
