// The text output of `plenum workflows`. Any thread.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/workflows as a table of at most 80 columns, filtered (terminal_text.h).
std::string workflows_text(const Json& workflows);

}  // namespace plenum::client
