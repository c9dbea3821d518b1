// Parses price tables: [prices] of the configuration file, and the rows of price files. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string_view>
#include <vector>

#include "server/config/config.h"
#include "server/config/file_errors.h"

namespace plenum::config {

// One row: the prices and limits of a model.
//   named  how errors call the model
// Nothing after an error.
std::optional<core::ModelPrice> read_price_row(FileErrors& errors, std::string_view model, std::string_view named,
                                               const toml::node& node);

// The registry checks later whether the providers exist: it also knows those of the environment.
std::vector<PriceConfig> read_prices(FileErrors& errors, const toml::node& node);

}  // namespace plenum::config
