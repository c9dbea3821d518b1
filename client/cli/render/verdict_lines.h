// The structured verdict and the readiness of a result, as short lines for users. Pure; any thread.
// Source: docs/protocol.md, "Status, result, cancel".
#pragma once

#include <string>
#include <vector>

#include "common/protocol/task_result.h"

namespace plenum::client {

// Empty without a verdict, and without a reason for its absence that users have to know. Texts are filtered for a
// terminal and truncated.
std::vector<std::string> verdict_lines(const TaskResult& result);

}  // namespace plenum::client
