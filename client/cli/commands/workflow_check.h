// `plenum workflows check`: runs plenumd, which contains the parser of workflow files. No server is needed.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"

namespace plenum::client {

// The path of plenumd: in the directory of this program, else in a directory of PATH. Empty if not found.
std::string plenumd_path(const std::string& own_path, const std::string& path_variable);

// Replaces this process by the check (exec), with its output and exit code. Returns only on failure.
Error exec_workflow_check(const std::vector<std::string>& files, bool json);

}  // namespace plenum::client
