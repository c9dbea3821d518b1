// What the operator says a provider's models cost: for providers that report tokens but no money. No price
// is built in, since it would be wrong as soon as the provider changes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/task_result.h"

namespace plenum::provider {

// US dollars for a million tokens.
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
  // The model `*` stands for all that are not named.
  void set(std::string model, Price price) { prices_.insert_or_assign(std::move(model), price); }
  // Null when nothing is known.
  const Price* find(std::string_view model) const;
  // As they were set.
  const std::map<std::string, Price, std::less<>>& all() const { return prices_; }

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

// Unknown without a price, and without the two figures that every price needs. Pure.
Cost estimated_cost(const Price* price, const Usage& usage);

}  // namespace plenum::provider
