// Estimates the remaining time and cost of a run from earlier runs. Pure; any thread.
#pragma once

#include <optional>
#include <span>

#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/outputs/step_scheduler.h"

namespace plenum::workflow {

struct RemainingEstimate {
  std::optional<double> seconds;  // until the last step ends; absent when a pending step has no statistics
  std::optional<double> usd;      // of the pending steps; likewise
};

// A running step counts in full: its progress is unknown.
//   expected  for each step
RemainingEstimate estimate_remaining(std::span<const Step> steps, const StepScheduler& scheduler,
                                     std::span<const std::optional<StepEstimate>> expected);

}  // namespace plenum::workflow
