// The real terminal client.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/process/child_process.h"

namespace plenum::tests {

// How `plenum` is started against a server; standard output and error are pipes.
Command plenum_command(const std::string& server_url, std::vector<std::string> args, std::string stdin_text = {},
                       std::map<std::string, std::string> env = {});

}  // namespace plenum::tests
