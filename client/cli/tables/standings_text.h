// The text output of `plenum standings`. Pure: any thread.
#pragma once

#include <cstddef>
#include <string>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/standings as a table (table.h), filtered (terminal_text.h).
std::string standings_text(const Json& standings, std::size_t columns = columns_default);

}  // namespace plenum::client
