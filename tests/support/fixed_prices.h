// Prices that the test sets.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/model_price.h"

namespace plenum::tests {

class FixedPrices final : public core::ModelPrices {
 public:
  explicit FixedPrices(std::vector<core::ModelPrice> prices) : prices_(std::move(prices)) {}

  std::optional<core::ModelPrice> find(std::string_view model) const override {
    for (const auto& price : prices_) {
      if (price.model == model || price.model == "*") return price;
    }
    return std::nullopt;
  }
  std::vector<std::string> models() const override {
    std::vector<std::string> models;
    for (const auto& price : prices_) models.push_back(price.model);
    return models;
  }

 private:
  const std::vector<core::ModelPrice> prices_;
};

inline std::shared_ptr<const core::ModelPrices> fixed_prices(std::vector<core::ModelPrice> prices) {
  return std::make_shared<const FixedPrices>(std::move(prices));
}

}  // namespace plenum::tests
