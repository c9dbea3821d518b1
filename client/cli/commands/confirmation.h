// A confirmation at the terminal.
#pragma once

#include "client/api/waiter.h"
#include "common/base/result.h"

namespace plenum::client {

// Reads a line from fd: true for y or yes, in any case; false for any other text or the end of input. Fails with
// cancelled on a stop request. Blocks; not thread-safe.
Result<bool> read_yes(int fd, Waiter& waiting);

}  // namespace plenum::client
