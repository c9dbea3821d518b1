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

// Likewise, but other programs see the old file or the new one, never a part: the text goes to a temporary file in the
// same directory, which is then renamed. A device or a pipe is written directly.
Result<void> write_file_atomically(const std::string& path, std::string_view text, Existing existing);
// Fails if the file exists and must not be overwritten, or if its directory does not exist.
Result<void> check_target(const std::string& path, Existing existing);

}  // namespace plenum::client
