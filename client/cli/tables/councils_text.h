// The text output of `plenum councils`. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/councils: a block of lines per council, wrapped at the width, filtered (terminal_text.h).
std::string councils_text(const Json& councils, std::size_t columns = columns_default);

}  // namespace plenum::client
