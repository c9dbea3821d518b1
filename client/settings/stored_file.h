// Files of the user's configuration directory, which the client writes. Any thread.
// Source: POSIX.1-2017, rename() (atomic replacement).
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::client {

// Replaces the file as a whole: at every moment, also after a crash, it has the old or the new text. It is readable by
// this user only; its directory is created. `what` names it in errors. Fails with usage.
Result<void> replace_file(const std::string& path, std::string_view text, std::string_view what);

}  // namespace plenum::client
