#include "server/workflow/run/forecast.h"

#include <algorithm>

namespace plenum::workflow {

Forecast forecast(std::span<const Step> steps, const Plan& plan, std::span<const std::optional<Expected>> expected) {
  if (expected.size() != steps.size()) return {};
  double usd = 0, last = 0;
  bool usd_known = true;
  std::vector<double> end(steps.size(), 0.0);  // from now, of those to come
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto state = plan.state(static_cast<int>(i));
    if (state == Plan::StepState::ended || state == Plan::StepState::dropped) continue;
    if (!expected[i]) return {};
    double start = 0;
    for (const int before : steps[i].after) start = std::max(start, end[static_cast<std::size_t>(before)]);
    end[i] = start + expected[i]->chance * expected[i]->seconds;
    last = std::max(last, end[i]);
    usd_known = usd_known && expected[i]->usd;
    usd += expected[i]->chance * expected[i]->usd.value_or(0);
  }
  return {last, usd_known ? std::optional(usd) : std::nullopt};
}

}  // namespace plenum::workflow
