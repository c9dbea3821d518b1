#include "server/provider/prices/price_book.h"

#include <algorithm>
#include <set>
#include <utility>

namespace plenum::provider {

PriceRows PriceBook::rows_of(std::vector<core::ModelPrice> prices) {
  PriceRows rows;
  for (auto& price : prices) rows.set(std::move(price));
  return rows;
}

void PriceBook::set_file(const std::vector<core::ModelPrice>& prices) {
  sources_.with([rows = rows_of(prices)](Sources& sources) mutable { sources.file = std::move(rows); });
}

void PriceBook::set_live(std::vector<core::ModelPrice> prices) {
  sources_.with([rows = rows_of(std::move(prices))](Sources& sources) mutable { sources.live = std::move(rows); });
}

const core::ModelPrice* PriceBook::Sources::find(std::string_view model) const {
  const core::ModelPrice* found = live.find(model);
  return found != nullptr ? found : file.find(model);
}

std::optional<core::ModelPrice> PriceBook::find(std::string_view model) const {
  const core::ModelPrice* own = configured_.find(model);
  if (own == nullptr) own = configured_.find("*");
  return sources_.with([&](const Sources& sources) -> std::optional<core::ModelPrice> {
    const core::ModelPrice* other = sources.find(model);
    if (own == nullptr) return other == nullptr ? std::nullopt : std::optional(*other);
    core::ModelPrice price = *own;
    if (price.max_output == 0 && other != nullptr) price.max_output = other->max_output;
    if (price.context == 0 && other != nullptr) price.context = other->context;
    return price;
  });
}

std::vector<std::string> PriceBook::models() const {
  std::set<std::string> models;
  for (const auto& [model, price] : configured_.all()) models.insert(model);
  sources_.with([&](const Sources& sources) {
    for (const auto& [model, price] : sources.file.all()) models.insert(model);
  });
  return {models.begin(), models.end()};
}

Cost estimated_cost(const std::optional<core::ModelPrice>& price, const Usage& usage) {
  if (!price || !usage.prompt_tokens || !usage.completion_tokens) return {};
  constexpr double million = 1e6;
  const bool is_long = price->long_context && *usage.prompt_tokens > price->long_context->above;
  const double input = is_long ? price->long_context->input : price->input;
  const double output = is_long ? price->long_context->output : price->output;
  const auto& cached_input = is_long ? price->long_context->cached_input : price->cached_input;
  const double factor = price->input > 0 ? input / price->input : 1;  // of writing to the cache in a long call
  const auto cached = usage.cached_input_tokens.value_or(0);
  const auto written = usage.cache_write_tokens.value_or(0);
  const auto plain = std::max<std::int64_t>(0, *usage.prompt_tokens - cached - written);
  const double usd = static_cast<double>(plain) * input + static_cast<double>(cached) * cached_input.value_or(input) +
                     static_cast<double>(written) * price->cache_write.value_or(price->input) * factor +
                     static_cast<double>(*usage.completion_tokens) * output;
  return Cost{usd / million + price->request, CostOrigin::estimated};
}

}  // namespace plenum::provider
