#include "server/config/price_tables.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace plenum::config {

namespace {

constexpr std::string_view price_keys[] = {"input", "output", "cached_input", "cache_write"};

std::optional<double> read_price(FileErrors& errors, const toml::key& key, const toml::node& node) {
  const auto price = node.is_number() ? node.value<double>() : std::nullopt;
  if (price && std::isfinite(*price) && *price >= 0) return price;
  errors.add(node.source(), fmt::format("{} must be US dollars per million tokens, a number of at least 0", key.str()));
  return std::nullopt;
}

std::optional<PriceConfig> read_row(FileErrors& errors, const toml::key& name, const toml::node& node) {
  const std::string_view member = name.str();
  const auto slash = member.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == member.size()) {
    errors.add(name.source(), fmt::format("\"{}\" is not a model: write \"provider/model\" or \"provider/*\"", member));
    return std::nullopt;
  }
  const auto* table = node.as_table();
  if (table == nullptr) {
    errors.add(node.source(),
               fmt::format("the price of {} must be a table such as {{input = 2.0, output = 8.0}}, not {}", member,
                           type_name(node)));
    return std::nullopt;
  }
  PriceConfig price;
  price.provider = member.substr(0, slash);
  price.model = member.substr(slash + 1);
  price.origin = errors.position(name.source());
  std::optional<double> input, output;
  for (const auto& [key, value] : *table) {
    if (key == "input") {
      input = read_price(errors, key, value);
    } else if (key == "output") {
      output = read_price(errors, key, value);
    } else if (key == "cached_input") {
      price.cached_input = read_price(errors, key, value);
    } else if (key == "cache_write") {
      price.cache_write = read_price(errors, key, value);
    } else {
      errors.unknown_key(key, "a key of a price", price_keys);
    }
  }
  if (!table->contains("input") || !table->contains("output")) {
    errors.add(node.source(), fmt::format("the price of {} requires both input and output", member));
  }
  price.input = input.value_or(0);
  price.output = output.value_or(0);
  return price;
}

}  // namespace

std::vector<PriceConfig> read_prices(FileErrors& errors, const toml::node& node) {
  std::vector<PriceConfig> prices;
  const auto* rows = node.as_table();
  if (rows == nullptr) {
    errors.add(
        node.source(),
        fmt::format("prices must contain rows such as \"openai/gpt-4.1\" = {{input = 2.0, output = 8.0}}, not {}",
                    type_name(node)));
    return prices;
  }
  for (const auto& [name, value] : *rows) {
    if (auto price = read_row(errors, name, value)) prices.push_back(std::move(*price));
  }
  return prices;
}

}  // namespace plenum::config
