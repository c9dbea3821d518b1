// Parses price files: the one that the program contains, and the one that `prices_file` names. The format is in
// docs/providers.md, "Price file". Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/core/model_price.h"

namespace plenum::config {

// The models of one vendor.
struct VendorPrices {
  std::string vendor;  // a name of server/provider/known_providers.h
  std::string source;  // where the prices were read
  std::vector<core::ModelPrice> models;
};

struct PriceFile {
  core::PriceFileInfo info;
  std::vector<VendorPrices> vendors;

  // Null when the file has none of this name.
  const VendorPrices* find(std::string_view vendor) const;
};

//   path  of the file; empty: the text is built in
// Fails with config_invalid, one line per error, each with its position.
Result<PriceFile> parse_price_file(std::string_view path, std::string_view text);

}  // namespace plenum::config
