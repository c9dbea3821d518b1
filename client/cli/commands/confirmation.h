// A question to the person at the terminal.
#pragma once

#include "client/api/waiter.h"
#include "common/base/result.h"

namespace plenum::client {

// Waits for a line on fd: true for y or yes, in any case; false for everything else, and for its end. Fails
// with cancelled when waiting says stop. Blocks; only the thread of the commands.
Result<bool> read_yes(int fd, Waiter& waiting);

}  // namespace plenum::client
