// `plenum workflows check`: runs plenumd, which contains the parser of workflow files. No server is needed.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"

namespace plenum::client {

// Replaces this process by the check (exec), with its output and exit code. Returns only on failure.
Error exec_workflow_check(const std::vector<std::string>& files, bool json);

}  // namespace plenum::client
