// What `plenum models` shows to people.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

// The reply of GET /api/models as a table of at most 80 columns, made safe to show.
std::string models_text(const Json& models);

}  // namespace plenum::client
