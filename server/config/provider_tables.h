// Parses the [providers.NAME] tables of the configuration file. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/config.h"
#include "server/config/file_errors.h"
#include "server/config/units.h"

namespace plenum::config {

// A numeric key of a provider's table.
struct ProviderNumber {
  std::string_view name;
  Unit unit;
  std::int64_t low, high;
  std::variant<std::int64_t ProviderConfig::*, std::chrono::milliseconds ProviderConfig::*> field;
  std::string_view sentence;  // description
};
std::span<const ProviderNumber> provider_numbers();

// In the order of the file.
std::vector<ProviderConfig> read_providers(FileErrors& errors, const toml::node& node);

}  // namespace plenum::config
