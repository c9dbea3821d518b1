#include "server/workflow/definition/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace plenum::workflow {

void Diagnostics::add(Position position, std::string_view what, std::string remedy) {
  const auto same = [&](const Diagnostic& other) {
    return other.position.line == position.line && other.position.column == position.column && other.what == what;
  };
  if (std::any_of(diagnostics_.begin(), diagnostics_.end(), same)) return;
  ++count_;
  if (diagnostics_.size() < diagnostics_max) diagnostics_.push_back({position, std::string(what), std::move(remedy)});
}

bool Diagnostics::full() const { return diagnostics_.size() >= diagnostics_max; }

std::vector<Diagnostic> Diagnostics::take_sorted() {
  const auto position = [](const Diagnostic& one) { return std::tie(one.position.line, one.position.column); };
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [&](const Diagnostic& one, const Diagnostic& other) { return position(one) < position(other); });
  return std::exchange(diagnostics_, {});
}

Error error_of(const std::string& origin, const Diagnostic& diagnostic) {
  return {ErrorCode::workflow_invalid,
          fmt::format("{}:{}:{}: {}", origin, diagnostic.position.line, diagnostic.position.column, diagnostic.what),
          diagnostic.remedy};
}

}  // namespace plenum::workflow
