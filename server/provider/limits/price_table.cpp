#include "server/provider/limits/price_table.h"

#include <algorithm>

namespace plenum::provider {

const Price* PriceTable::find(std::string_view model) const {
  auto found = prices_.find(model);
  if (found == prices_.end()) found = prices_.find(std::string_view("*"));
  return found == prices_.end() ? nullptr : &found->second;
}

Cost estimated_cost(const Price* price, const Usage& usage) {
  if (price == nullptr || !usage.prompt_tokens || !usage.completion_tokens) return {};
  constexpr double million = 1e6;
  const auto cached = usage.cached_input_tokens.value_or(0);
  const auto written = usage.cache_write_tokens.value_or(0);
  const auto plain = std::max<std::int64_t>(0, *usage.prompt_tokens - cached - written);
  const double usd = static_cast<double>(plain) * price->input +
                     static_cast<double>(cached) * price->cached_input.value_or(price->input) +
                     static_cast<double>(written) * price->cache_write.value_or(price->input) +
                     static_cast<double>(*usage.completion_tokens) * price->output;
  return Cost{usd / million, CostOrigin::estimated};
}

}  // namespace plenum::provider
