// Parses the [prices] table of the configuration file. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <vector>

#include "server/config/config.h"
#include "server/config/file_errors.h"

namespace plenum::config {

// The registry checks later whether the providers exist: it also knows those of the environment.
std::vector<PriceConfig> read_prices(FileErrors& errors, const toml::node& node);

}  // namespace plenum::config
