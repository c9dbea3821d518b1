// Durations of the command line. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/clock.h"

namespace plenum::client {

// 90, 90s, 1.5s, 500ms, 5m, 2h, 1d; at most a week. Nothing for any other text.
std::optional<milliseconds> duration_from(std::string_view text);

}  // namespace plenum::client
