// `plenum workflows check`: the server's program does the checking, because it alone knows what a workflow
// is; no server has to run.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"

namespace plenum::client {

// Where plenumd is: beside this program, else in a directory of PATH. Empty when it is in neither.
std::string plenumd_path(const std::string& own_path, const std::string& path_variable);

// This process becomes the check, with its output and exit code. Returns only when it cannot, and says why.
Error exec_workflow_check(const std::vector<std::string>& files, bool json);

}  // namespace plenum::client
