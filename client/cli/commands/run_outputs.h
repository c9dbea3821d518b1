// The files that `plenum run` writes at the end: --save and --files.
#pragma once

#include <string>

#include "client/cli/commands/session.h"
#include "common/base/result.h"
#include "common/protocol/task_result.h"

namespace plenum::client {

// Before the task is submitted: whether --save can be written. Fails with usage.
Result<void> check_outputs(const RunCommand& command);
// After the end of the stream.
Result<void> write_outputs(Session& session, const RunCommand& command, const std::string& stream_id);

// The result of a finished stream, as exported. Fails with usage if there is none yet.
Result<TaskResult> exported_result(ApiClient& api, const std::string& stream_id);

}  // namespace plenum::client
