// The text output of `plenum models`. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "client/cli/terminal/display_width.h"
#include "common/json/json.h"

namespace plenum::client {

enum class ModelsShown : std::uint8_t { few, all };  // of each list of models

// The response of GET /api/models as a table (table.h), followed by the models that the providers serve, as
// far as the server knows them. Filtered (terminal_text.h).
std::string models_text(const Json& models, ModelsShown shown = ModelsShown::few,
                        std::size_t columns = columns_default);
// The same response, as a table of prices.
std::string prices_text(const Json& models, std::size_t columns = columns_default);

}  // namespace plenum::client
