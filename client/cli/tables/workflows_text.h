// The text output of `plenum workflows`. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/workflows as a table (table.h), filtered (terminal_text.h).
std::string workflows_text(const Json& workflows, std::size_t columns = columns_default);

}  // namespace plenum::client
