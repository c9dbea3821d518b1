// Models that a provider turned out not to have, so that later calls use another default model at once. Forgotten when
// the process ends, and when the provider's models are listed again. Shared by all loops. Any thread.
#pragma once

#include <string_view>

#include "server/provider/limits/model_table.h"
#include "server/runtime/guarded.h"

namespace plenum::provider {

class MissingModels {
 public:
  bool contains(std::string_view model) const {
    return models_.with([model](const auto& models) { return models.find(model) != nullptr; });
  }
  void add(std::string_view model) {
    models_.with([model](auto& models) { models.find_or_add(model, [](const auto&) { return true; }); });
  }
  void clear() {
    models_.with([](auto& models) { models = {}; });
  }

 private:
  struct Present {};
  runtime::Guarded<ModelTable<Present>> models_;
};

}  // namespace plenum::provider
