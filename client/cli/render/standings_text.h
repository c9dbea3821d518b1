// The text output of `plenum standings`. Pure: any thread.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/standings as an aligned table, filtered (terminal_text.h).
std::string standings_text(const Json& standings);

}  // namespace plenum::client
