// The prices of one provider from all sources: the configuration overrides the provider's own list, which overrides
// the price file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_result.h"
#include "server/core/model_price.h"
#include "server/provider/prices/price_rows.h"
#include "server/runtime/guarded.h"

namespace plenum::provider {

class PriceBook final : public core::ModelPrices {
 public:
  // Only before other threads use the book. The model `*` applies to every model without a row of its own.
  void configure(core::ModelPrice price) { configured_.set(std::move(price)); }
  // Both replace the earlier rows of the same source. Any thread.
  void set_file(const std::vector<core::ModelPrice>& prices);
  void set_live(std::vector<core::ModelPrice> prices);

  // A configured price without limits of the model has those that the other sources know.
  std::optional<core::ModelPrice> find(std::string_view model) const override;
  std::vector<std::string> models() const override;

 private:
  struct Sources {
    PriceRows live, file;
    const core::ModelPrice* find(std::string_view model) const;
  };
  static PriceRows rows_of(std::vector<core::ModelPrice> prices);

  PriceRows configured_;               // set once
  runtime::Guarded<Sources> sources_;  // guarded
};

// Unknown without a price, a prompt token count or a completion token count. Pure; any thread.
Cost estimated_cost(const std::optional<core::ModelPrice>& price, const Usage& usage);

}  // namespace plenum::provider
