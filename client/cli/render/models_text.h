// The text output of `plenum models`. Any thread.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

// The response of GET /api/models as a table of at most 80 columns, filtered (terminal_text.h).
std::string models_text(const Json& models);
// The same response, as a table of prices.
std::string prices_text(const Json& models);

}  // namespace plenum::client
