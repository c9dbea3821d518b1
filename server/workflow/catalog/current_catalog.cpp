#include "server/workflow/catalog/current_catalog.h"

#include <utility>

namespace plenum::workflow {

CurrentCatalog::CurrentCatalog(std::shared_ptr<const Catalog> catalog) : state_(State{std::move(catalog), {}}) {}

std::shared_ptr<const Catalog> CurrentCatalog::get() const {
  return state_.with([](const State& state) { return state.catalog; });
}

std::optional<Error> CurrentCatalog::error() const {
  return state_.with([](const State& state) { return state.error; });
}

void CurrentCatalog::replace(std::shared_ptr<const Catalog> catalog) {
  // Swapped, so that the previous catalog is destroyed outside of the lock.
  State next{std::move(catalog), std::nullopt};
  state_.with([&](State& state) { std::swap(state, next); });
}

void CurrentCatalog::report_error(Error error) {
  state_.with([&](State& state) { state.error = std::move(error); });
}

}  // namespace plenum::workflow
