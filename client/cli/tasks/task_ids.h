// The stream ids that a command names: whole, by their beginning, or by their position in the list of tasks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/api/api_client.h"
#include "client/cli/args/command_line.h"
#include "common/base/result.h"

namespace plenum::client {

// The id that the text names. newest_ids: the ids of the newest tasks, newest first. Fails with stream_not_found, and
// with usage for a beginning of several ids, which are listed. Pure: any thread.
Result<std::string> resolved_id(std::string_view text, const std::vector<std::string>& newest_ids);

// Replaces the names in the command by whole ids. Calls the server once if a name is not a whole id.
Result<Command> with_whole_ids(ApiClient& api, Command command);

}  // namespace plenum::client
