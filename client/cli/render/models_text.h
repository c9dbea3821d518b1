// The text output of `plenum models`. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/json/json.h"

namespace plenum::client {

enum class ModelsShown : std::uint8_t { few, all };  // of each list of models

// The response of GET /api/models as a table of at most 80 columns, followed by the models that the providers serve, as
// far as the server knows them. Filtered (terminal_text.h).
std::string models_text(const Json& models, ModelsShown shown = ModelsShown::few);
// The same response, as a table of prices.
std::string prices_text(const Json& models);

}  // namespace plenum::client
