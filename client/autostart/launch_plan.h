// How plenumd is started by the client: program, arguments, environment and files. Pure except for the search of the
// program. Any thread.
// Source: XDG Base Directory Specification 0.8 (state that should persist between restarts); docs/client.md,
// "Autostart".
#pragma once

#include <string>
#include <vector>

#include "client/settings/directories.h"
#include "common/base/result.h"

namespace plenum::client {

struct LaunchPlan {
  std::string program;                   // path of plenumd
  std::vector<std::string> arguments;    // without the program
  std::vector<std::string> environment;  // NAME=VALUE, besides the inherited one
  std::string idle_time;                 // after which the server stops: the value of idle_exit_ms
  std::string directory;                 // of the files, for this user only
  std::string pid_file;                  // locked during a start; holds the process id of the last started server
  std::string variables_file;            // names of the provider variables of that server
  std::string log_file;
};

// The directory in which plenumd has its default store. Empty without a home directory.
std::string state_directory(const Variable& variable);
// The path of plenumd: in the directory of this program, else in a directory of PATH. Empty if not found.
std::string plenumd_path(const std::string& own_path, const std::string& path_variable);
// The path of this program, or empty.
std::string own_program_path();

// listen: HOST:PORT of the server. Fails with unreachable if plenumd or a directory for its files is not found.
Result<LaunchPlan> launch_plan(const std::string& listen, const std::string& own_path, const Variable& variable);

}  // namespace plenum::client
