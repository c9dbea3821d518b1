#include "server/config/price_tables.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace plenum::config {

namespace {

constexpr std::string_view price_keys[] = {"input", "output", "cached_input", "cache_write"};

std::optional<double> read_price(FileFaults& faults, const toml::key& key, const toml::node& node) {
  const auto price = node.is_number() ? node.value<double>() : std::nullopt;
  if (price && std::isfinite(*price) && *price >= 0) return price;
  faults.add(node.source(), fmt::format("{} must be US dollars for a million tokens, a number from 0 up", key.str()));
  return std::nullopt;
}

std::optional<PriceConfig> read_row(FileFaults& faults, const toml::key& name, const toml::node& node) {
  const std::string_view member = name.str();
  const auto slash = member.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == member.size()) {
    faults.add(name.source(), fmt::format("\"{}\" is not a model: write \"provider/model\" or \"provider/*\"", member));
    return std::nullopt;
  }
  const auto* table = node.as_table();
  if (table == nullptr) {
    faults.add(node.source(),
               fmt::format("the price of {} must be a table such as {{input = 2.0, output = 8.0}}, not {}", member,
                           type_word(node)));
    return std::nullopt;
  }
  PriceConfig price;
  price.provider = member.substr(0, slash);
  price.model = member.substr(slash + 1);
  price.origin = faults.place(name.source());
  std::optional<double> input, output;
  for (const auto& [key, value] : *table) {
    if (key == "input") {
      input = read_price(faults, key, value);
    } else if (key == "output") {
      output = read_price(faults, key, value);
    } else if (key == "cached_input") {
      price.cached_input = read_price(faults, key, value);
    } else if (key == "cache_write") {
      price.cache_write = read_price(faults, key, value);
    } else {
      faults.unknown_key(key, "a part of a price", price_keys);
    }
  }
  if (!table->contains("input") || !table->contains("output")) {
    faults.add(node.source(), fmt::format("the price of {} needs both input and output", member));
  }
  price.input = input.value_or(0);
  price.output = output.value_or(0);
  return price;
}

}  // namespace

std::vector<PriceConfig> read_prices(FileFaults& faults, const toml::node& node) {
  std::vector<PriceConfig> prices;
  const auto* rows = node.as_table();
  if (rows == nullptr) {
    faults.add(node.source(),
               fmt::format("prices must hold rows such as \"openai/gpt-4.1\" = {{input = 2.0, output = 8.0}}, not {}",
                           type_word(node)));
    return prices;
  }
  for (const auto& [name, value] : *rows) {
    if (auto price = read_row(faults, name, value)) prices.push_back(std::move(*price));
  }
  return prices;
}

}  // namespace plenum::config
