#include "server/workflow/load_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace plenum::workflow {

void LoadFaults::add(Place place, std::string_view what, std::string remedy) {
  const auto same = [&](const LoadFault& other) {
    return other.place.line == place.line && other.place.column == place.column && other.what == what;
  };
  if (std::any_of(faults_.begin(), faults_.end(), same)) return;
  ++count_;
  if (faults_.size() < faults_max) faults_.push_back({place, std::string(what), std::move(remedy)});
}

bool LoadFaults::full() const { return faults_.size() >= faults_max; }

std::vector<LoadFault> LoadFaults::take_by_place() {
  const auto place = [](const LoadFault& fault) { return std::tie(fault.place.line, fault.place.column); };
  std::stable_sort(faults_.begin(), faults_.end(),
                   [&](const LoadFault& one, const LoadFault& other) { return place(one) < place(other); });
  return std::exchange(faults_, {});
}

Error error_of(const std::string& origin, const LoadFault& fault) {
  return {ErrorCode::workflow_invalid,
          fmt::format("{}:{}:{}: {}", origin, fault.place.line, fault.place.column, fault.what), fault.remedy};
}

}  // namespace plenum::workflow
