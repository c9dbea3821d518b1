#include "client/cli/commands/workflow_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace plenum::client {
namespace {

namespace fs = std::filesystem;

bool is_executable(const fs::path& program) {
  std::error_code error;
  return fs::is_regular_file(program, error) && ::access(program.c_str(), X_OK) == 0;
}

}  // namespace

std::string plenumd_path(const std::string& own_path, const std::string& path_variable) {
  const fs::path beside = fs::path(own_path).parent_path() / "plenumd";
  if (!own_path.empty() && is_executable(beside)) return beside.string();
  std::istringstream directories(path_variable);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const fs::path found = fs::path(directory) / "plenumd";
    if (!directory.empty() && is_executable(found)) return found.string();
  }
  return "";
}

Error exec_workflow_check(const std::vector<std::string>& files, bool json) {
  std::error_code error;
  const char* path_variable = std::getenv("PATH");
  const std::string program =
      plenumd_path(fs::read_symlink("/proc/self/exe", error).string(), path_variable == nullptr ? "" : path_variable);
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
