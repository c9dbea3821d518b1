// Input that is not shown: keys. Main thread only.
#pragma once

#include <string>

#include "client/cli/commands/commands.h"
#include "common/base/result.h"

namespace plenum::client {

// A line from the terminal `context.in_fd`, typed without echo after the prompt; without a terminal, all of standard
// input. Fails with cancelled on a stop request, with usage past 64 KiB. The terminal is restored in every case.
Result<std::string> read_secret(const CommandContext& context, const std::string& prompt);

}  // namespace plenum::client
