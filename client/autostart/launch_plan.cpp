#include "client/autostart/launch_plan.h"

#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace plenum::client {
namespace {

namespace fs = std::filesystem;

constexpr const char* idle_variable = "PLENUM_IDLE_EXIT_MS";
constexpr const char* idle_default = "15m";

bool is_executable(const fs::path& program) {
  std::error_code error;
  return fs::is_regular_file(program, error) && ::access(program.c_str(), X_OK) == 0;
}

Failure cannot_start(std::string cause, std::string remedy) {
  return Failure(Error{ErrorCode::unreachable, "no server is running, and none can be started: " + std::move(cause),
                       std::move(remedy)});
}

}  // namespace

std::string state_directory(const Variable& variable) {
  if (const auto state = value_of(variable, "XDG_STATE_HOME"); state.starts_with('/')) return state + "/plenum";
  if (const auto home = value_of(variable, "HOME"); home.starts_with('/')) return home + "/.local/state/plenum";
  return "";
}

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

std::string own_program_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

Result<LaunchPlan> launch_plan(const std::string& listen, const std::string& own_path, const Variable& variable) {
  LaunchPlan plan;
  plan.program = plenumd_path(own_path, value_of(variable, "PATH"));
  if (plan.program.empty()) {
    return cannot_start("plenumd was not found",
                        "Install plenumd in the directory of plenum or in PATH, or pass the address of a server with "
                        "--server.");
  }
  plan.directory = state_directory(variable);
  if (plan.directory.empty()) {
    return cannot_start("neither XDG_STATE_HOME nor HOME is an absolute path",
                        "Set HOME, or start plenumd yourself with --store sqlite:PATH.");
  }
  // As a flag, because a configuration file may name another address.
  plan.arguments = {"--listen", listen};
  plan.idle_time = value_of(variable, idle_variable);
  if (plan.idle_time.empty()) {
    plan.idle_time = idle_default;
    plan.environment.push_back(std::string(idle_variable) + '=' + idle_default);
  }
  plan.pid_file = plan.directory + "/plenumd.pid";
  plan.variables_file = plan.directory + "/plenumd.variables";
  plan.log_file = plan.directory + "/plenumd.log";
  return plan;
}

}  // namespace plenum::client
