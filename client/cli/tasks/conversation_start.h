// `plenum run --continue`: the next task of the last conversation.
#pragma once

#include <string>

#include "client/api/api_client.h"
#include "common/base/result.h"
#include "common/protocol/task_request.h"

namespace plenum::client {

// Makes the task a turn after the newest task: in its conversation, or, if it has none, in a new one, whose id is that
// of the last completed stream and which begins with its question and answer. Returns the text of the task before.
// Fails with usage if there is none.
Result<std::string> continue_conversation(ApiClient& api, TaskSpec& spec);

}  // namespace plenum::client
