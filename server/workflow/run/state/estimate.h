// Estimates the remaining time and cost of a run. Pure; any thread.
#pragma once

#include <optional>
#include <span>

#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/outputs/step_scheduler.h"

namespace plenum::workflow {

struct StepFigures {
  double seconds = 0, usd = 0;
};

struct RemainingEstimate {
  std::optional<double> seconds;  // until the run ends; absent when a pending step has no known duration
  std::optional<double> usd;      // of the pending steps; absent when the cost of one is unknown
  bool any_pending = false;
  bool from_history = true;  // every pending step was part of an earlier run
};

// Follows the dependencies of the steps: a dropped step takes no time, and steps behind it wait for those before it.
//   expected  for each step; empty: nothing is known
//   so_far    for each step that runs: what of it is in the past
RemainingEstimate estimate_remaining(std::span<const Step> steps, const StepScheduler& scheduler,
                                     std::span<const std::optional<StepEstimate>> expected,
                                     std::span<const StepFigures> so_far);

}  // namespace plenum::workflow
