// The only reader of files that a user names: bounded in size and time, whatever the file is (a directory, a named
// pipe, a device without end). Any thread. Source: POSIX.1-2017, open() (a pipe without a writer blocks without
// O_NONBLOCK), poll().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace plenum {

struct ReadLimits {
  std::size_t bytes_max = std::size_t{1} << 20;
  milliseconds writer_max{2'000};    // a named pipe without any writer, which may be about to be opened
  milliseconds silence_max{30'000};  // a pipe or terminal from which nothing is read
};

// The whole file. `what` names it in errors, such as `--file notes.txt`. Fails with usage, as `WHAT cannot be read:
// cause` with a remedy; with cancelled on a signal. Blocks for at most the limits.
Result<std::string> read_file(const std::string& path, std::string_view what, const ReadLimits& limits = {});

}  // namespace plenum
