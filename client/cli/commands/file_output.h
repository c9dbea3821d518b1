// A text into a file that a person named.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::client {

enum class Existing : unsigned char { keep, overwrite };

// Writes the whole text. A file that exists is kept, which fails with usage, or overwritten. What could be
// written only in part fails; a new file is then removed again. Any thread.
Result<void> write_file(const std::string& path, std::string_view text, Existing existing);

}  // namespace plenum::client
