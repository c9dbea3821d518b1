// The prices of one provider's models, by name.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "server/core/model_price.h"

namespace plenum::provider {

// Whether `model` is a dated version of `base`, or its newest one: `gpt-4.1-2025-04-14`, `claude-opus-4-1-20250805`,
// `grok-4-0709`, `gemini-2.0-flash-001`, `sonar-latest`. Never another model such as `gpt-4.1-mini`. Pure; any thread.
bool is_dated_version(std::string_view model, std::string_view base);

// Not thread-safe.
class PriceRows {
 public:
  // Replaces a row of the same model.
  void set(core::ModelPrice price);
  // The row of this name, else the one with the longest name of which the model is a dated version. Null: none.
  const core::ModelPrice* find(std::string_view model) const;
  const std::map<std::string, core::ModelPrice, std::less<>>& all() const { return rows_; }

 private:
  std::map<std::string, core::ModelPrice, std::less<>> rows_;
};

}  // namespace plenum::provider
