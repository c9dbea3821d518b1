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

bool may_run(const fs::path& program) {
  std::error_code error;
  return fs::is_regular_file(program, error) && ::access(program.c_str(), X_OK) == 0;
}

}  // namespace

std::string plenumd_path(const std::string& own_path, const std::string& path_variable) {
  const fs::path beside = fs::path(own_path).parent_path() / "plenumd";
  if (!own_path.empty() && may_run(beside)) return beside.string();
  std::istringstream directories(path_variable);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const fs::path found = fs::path(directory) / "plenumd";
    if (!directory.empty() && may_run(found)) return found.string();
  }
  return "";
}

Error exec_workflow_check(const std::vector<std::string>& files, bool json) {
  std::error_code error;
  const char* path_variable = std::getenv("PATH");
  const std::string program =
      plenumd_path(fs::read_symlink("/proc/self/exe", error).string(), path_variable == nullptr ? "" : path_variable);
  if (program.empty()) {
    return {ErrorCode::usage, "plenumd, which checks workflows, is neither beside plenum nor in PATH",
            "Install plenumd, or put its directory into PATH."};
  }
  std::vector<std::string> words{program};
  if (json) words.emplace_back("--json");
  // One by one: a file whose name begins with a dash stays a file.
  for (const std::string& file : files) words.push_back("--check-workflow=" + file);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return {ErrorCode::usage, fmt::format("{} cannot be started: {}", program, std::strerror(errno)),
          "Check that this user may run it."};
}

}  // namespace plenum::client
