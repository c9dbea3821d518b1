#include "client/cli/commands/workflow_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "client/autostart/launch_plan.h"

namespace plenum::client {
Error exec_workflow_check(const std::vector<std::string>& files, bool json) {
  const char* path_variable = std::getenv("PATH");
  const std::string program = plenumd_path(own_program_path(), path_variable == nullptr ? "" : path_variable);
  if (program.empty()) {
    return {ErrorCode::usage, "plenumd, which checks workflow files, was not found",
            "Install plenumd in the directory of plenum or in PATH."};
  }
  std::vector<std::string> words{program};
  if (json) words.emplace_back("--json");
  // One option per file: a name that starts with a dash is not taken for an option.
  for (const std::string& file : files) words.push_back("--check-workflow=" + file);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return {ErrorCode::usage, fmt::format("{} could not be started: {}", program, std::strerror(errno)),
          "Check that it is executable by this user."};
}

}  // namespace plenum::client
