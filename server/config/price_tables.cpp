#include "server/config/price_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <span>

namespace plenum::config {

namespace {

using core::ModelPrice;

constexpr std::string_view row_keys[] = {"input",        "output",  "cached_input", "cache_write",
                                         "long_context", "request", "max_output",   "context"};
constexpr std::string_view long_context_keys[] = {"above", "input", "output", "cached_input"};
constexpr std::int64_t tokens_max = std::numeric_limits<std::int32_t>::max();

// Reads the keys of one table and remembers which were there.
class RowReader {
 public:
  RowReader(FileErrors& errors, const toml::table& table) : errors_(errors), table_(table) {}

  std::optional<double> price(std::string_view key) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (value && std::isfinite(*value) && *value >= 0) return value;
    fail(*node, fmt::format("{} must be US dollars per million tokens, a number of at least 0", key));
    return std::nullopt;
  }

  std::int64_t tokens(std::string_view key) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return 0;
    const auto value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
    if (value && *value >= 1 && *value <= tokens_max) return *value;
    fail(*node, fmt::format("{} must be a number of tokens of at least 1", key));
    return 0;
  }

  void check_keys(std::span<const std::string_view> known, std::string_view kind) {
    for (const auto& [key, value] : table_) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      errors_.unknown_key(key, kind, known);
      failed_ = true;
    }
  }

  void require(const toml::node& row, std::string_view named, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
      if (!table_.contains(key)) return fail(row, fmt::format("the price of {} requires both input and output", named));
    }
  }

  void fail(const toml::node& node, const std::string& what) {
    errors_.add(node.source(), what);
    failed_ = true;
  }

  bool failed() const { return failed_; }

 private:
  FileErrors& errors_;
  const toml::table& table_;
  bool failed_ = false;
};

std::optional<ModelPrice::LongContext> read_long_context(FileErrors& errors, std::string_view named,
                                                         const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr) {
    errors.add(node.source(), fmt::format("long_context of {} must be a table such as {{above = 200000, input = 4.0, "
                                          "output = 18.0}}, not {}",
                                          named, type_name(node)));
    return std::nullopt;
  }
  RowReader reader(errors, *table);
  reader.check_keys(long_context_keys, "a key of long_context");
  reader.require(node, named, {"above", "input", "output"});
  ModelPrice::LongContext price{reader.tokens("above"), reader.price("input").value_or(0),
                                reader.price("output").value_or(0), reader.price("cached_input")};
  return reader.failed() ? std::nullopt : std::optional(price);
}

std::optional<PriceConfig> read_row(FileErrors& errors, const toml::key& name, const toml::node& node) {
  const std::string_view member = name.str();
  const auto slash = member.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == member.size()) {
    errors.add(name.source(), fmt::format("\"{}\" is not a model: write \"provider/model\" or \"provider/*\"", member));
    return std::nullopt;
  }
  auto price = read_price_row(errors, member.substr(slash + 1), member, node);
  if (!price) return std::nullopt;
  return PriceConfig{std::string(member.substr(0, slash)), std::move(*price), errors.position(name.source())};
}

}  // namespace

std::optional<ModelPrice> read_price_row(FileErrors& errors, std::string_view model, std::string_view named,
                                         const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr) {
    errors.add(node.source(),
               fmt::format("the price of {} must be a table such as {{input = 2.0, output = 8.0}}, not {}", named,
                           type_name(node)));
    return std::nullopt;
  }
  RowReader reader(errors, *table);
  reader.check_keys(row_keys, "a key of a price");
  reader.require(node, named, {"input", "output"});
  ModelPrice price;
  price.model = model;
  price.input = reader.price("input").value_or(0);
  price.output = reader.price("output").value_or(0);
  price.cached_input = reader.price("cached_input");
  price.cache_write = reader.price("cache_write");
  price.request = reader.price("request").value_or(0);
  price.max_output = reader.tokens("max_output");
  price.context = reader.tokens("context");
  const toml::node* long_context = table->get("long_context");
  if (long_context != nullptr) price.long_context = read_long_context(errors, named, *long_context);
  const bool failed = reader.failed() || (long_context != nullptr && !price.long_context);
  return failed ? std::nullopt : std::optional(std::move(price));
}

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
