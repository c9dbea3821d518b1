// The command line of plenumd.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace plenum::app {

struct CommandLine {
  std::string config_file;                   // empty: none
  std::map<std::string, std::string> flags;  // by setting name, only those that were given
  bool check_only = false;                   // validate configuration and workflows, then exit
  std::vector<std::string> workflow_files;   // validate only these, then exit
  bool json = false;                         // with workflow_files
  bool stop_now = false;                     // help, version or an error was printed
  int exit_code = 0;                         // with stop_now
};

// Parses the arguments; every row of the table of settings is a flag. Prints help, version and errors itself. Call it
// from main only.
CommandLine read_command_line(int argc, const char* const* argv);

}  // namespace plenum::app
