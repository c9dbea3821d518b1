#include "server/workflow/run/state/estimate.h"

#include <algorithm>
#include <vector>

namespace plenum::workflow {

RemainingEstimate estimate_remaining(std::span<const Step> steps, const StepScheduler& scheduler,
                                     std::span<const std::optional<StepEstimate>> expected) {
  if (expected.size() != steps.size()) return {};
  double usd = 0, last = 0;
  bool usd_known = true;
  std::vector<double> end(steps.size(), 0.0);  // from now, of the pending steps
  for (StepIndex i = 0; i < steps.size(); ++i) {
    if (!scheduler.is_pending(i)) continue;
    if (!expected[i]) return {};
    double start = 0;
    for (const StepIndex before : steps[i].after) start = std::max(start, end[before]);
    end[i] = start + expected[i]->probability * expected[i]->seconds;
    last = std::max(last, end[i]);
    usd_known = usd_known && expected[i]->usd;
    usd += expected[i]->probability * expected[i]->usd.value_or(0);
  }
  return {last, usd_known ? std::optional(usd) : std::nullopt};
}

}  // namespace plenum::workflow
