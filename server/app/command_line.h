// What plenumd was called with.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace plenum::app {

struct CommandLine {
  std::string config_file;                   // empty: none
  std::map<std::string, std::string> flags;  // setting name -> text, only those that were given
  bool check_only = false;                   // look at configuration and workflows, then exit
  std::vector<std::string> workflow_files;   // look at these alone, then exit
  bool json = false;                         // with workflow_files
  bool stop_now = false;                     // help, version or a mistake: everything was said already
  int exit_code = 0;                         // with stop_now
};

// Reads the arguments; every row of the table of settings is a flag. Prints help, version and mistakes
// itself. Call it from main only.
CommandLine read_command_line(int argc, char** argv);

}  // namespace plenum::app
