// Writes the files of a result into a directory.
#pragma once

#include <string>
#include <vector>

#include "client/cli/files/file_output.h"
#include "common/protocol/task_result.h"

namespace plenum::client {

// The paths written, in order. Creates directories. Fails with usage for a path that would be outside of the directory,
// also through a symbolic link, for two files with one path, and for an existing file that must not be overwritten:
// then no file is written. Any thread.
Result<std::vector<std::string>> write_files(const std::string& directory, const std::vector<ResultFile>& files,
                                             Existing existing);

}  // namespace plenum::client
