// Writes a text to a file named by the user.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::client {

enum class Existing : unsigned char { fail, overwrite };  // what to do with an existing file

// Writes the whole text. Fails with usage if the file exists and must not be overwritten. After a partial write a new
// file is removed and the error returned. Any thread.
Result<void> write_file(const std::string& path, std::string_view text, Existing existing);

}  // namespace plenum::client
