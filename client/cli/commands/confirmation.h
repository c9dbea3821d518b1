// A confirmation at the terminal.
#pragma once

#include <string_view>

#include "client/api/waiter.h"
#include "client/cli/commands/commands.h"
#include "common/base/result.h"

namespace plenum::client {

// Reads a line from fd: true for y or yes, in any case; false for any other text or the end of input. Fails with
// cancelled on a stop request. Blocks; not thread-safe.
Result<bool> read_yes(int fd, Waiter& waiting);

// Fails with usage if the command has no terminal to ask at.
Result<void> check_can_confirm(const CommandContext& context);
// Writes the question and reads the answer.
Result<bool> confirm(const CommandContext& context, std::string_view question);

}  // namespace plenum::client
