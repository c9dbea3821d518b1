// Reads the price file in use: the one that the program contains, or the one that the setting `prices_file` names.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "server/config/price_file.h"

namespace plenum::provider {

// The text of server/provider/prices/prices.toml, which the build embeds.
std::string_view built_in_prices();

//   path  empty: the built-in prices
// Fails with config_invalid; each error names its position in the file. Blocks on the disk.
Result<config::PriceFile> read_price_file(const std::string& path);

}  // namespace plenum::provider
