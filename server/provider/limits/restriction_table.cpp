#include "server/provider/limits/restriction_table.h"

namespace plenum::provider {

core::ModelRestrictions RestrictionTable::of(std::string_view model) const {
  return models_.with([model](const auto& models) {
    const auto* known = models.find(model);
    return known == nullptr ? core::ModelRestrictions() : *known;
  });
}

void RestrictionTable::add(std::string_view model, const core::ModelRestrictions& restrictions) {
  models_.with([&](auto& models) {
    auto& known = *models.find_or_add(model, [](const auto&) { return true; });
    known = known.with(restrictions);
  });
}

}  // namespace plenum::provider
