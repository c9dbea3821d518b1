// The text output of `plenum councils`. Any thread.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/councils: a block of lines per council, filtered (terminal_text.h).
std::string councils_text(const Json& councils);

}  // namespace plenum::client
