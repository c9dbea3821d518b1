// Reads the [prices] table of the configuration file. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <vector>

#include "server/config/config.h"
#include "server/config/provider_tables.h"

namespace plenum::config {

// Whether the providers exist is judged later, by who knows those of the environment as well.
std::vector<PriceConfig> read_prices(FileFaults& faults, const toml::node& node);

}  // namespace plenum::config
