// Configured model prices, for providers that report tokens but no cost. There are no built-in prices: they would be
// wrong as soon as a provider changes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/task_result.h"

namespace plenum::provider {

// US dollars per million tokens.
struct Price {
  double input = 0;
  double output = 0;
  std::optional<double> cached_input;  // absent: as input
  std::optional<double> cache_write;   // absent: as input
  bool operator==(const Price&) const = default;
};

// The prices of one provider. Const once filled: any thread.
class PriceTable {
 public:
  // The model `*` applies to every model without its own row.
  void set(std::string model, Price price) { prices_.insert_or_assign(std::move(model), price); }
  // Null if the price is unknown.
  const Price* find(std::string_view model) const;

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

// Unknown without a price, a prompt token count or a completion token count. Pure.
Cost estimated_cost(const Price* price, const Usage& usage);

}  // namespace plenum::provider
