// What `plenum workflows` shows to people.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

// The reply of GET /api/workflows as a table of at most 80 columns, made safe to show.
std::string workflows_text(const Json& workflows);

}  // namespace plenum::client
