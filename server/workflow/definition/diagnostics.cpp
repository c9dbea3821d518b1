#include "server/workflow/definition/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace plenum::workflow {

void Diagnostics::add(Place place, std::string_view what, std::string remedy) {
  const auto same = [&](const Diagnostic& other) {
    return other.place.line == place.line && other.place.column == place.column && other.what == what;
  };
  if (std::any_of(faults_.begin(), faults_.end(), same)) return;
  ++count_;
  if (faults_.size() < faults_max) faults_.push_back({place, std::string(what), std::move(remedy)});
}

bool Diagnostics::full() const { return faults_.size() >= faults_max; }

std::vector<Diagnostic> Diagnostics::take_by_place() {
  const auto place = [](const Diagnostic& fault) { return std::tie(fault.place.line, fault.place.column); };
  std::stable_sort(faults_.begin(), faults_.end(),
                   [&](const Diagnostic& one, const Diagnostic& other) { return place(one) < place(other); });
  return std::exchange(faults_, {});
}

Error error_of(const std::string& origin, const Diagnostic& fault) {
  return {ErrorCode::workflow_invalid,
          fmt::format("{}:{}:{}: {}", origin, fault.place.line, fault.place.column, fault.what), fault.remedy};
}

}  // namespace plenum::workflow
