// What a run will probably take from here on. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "server/workflow/definition/workflow.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/plan.h"

namespace plenum::workflow {

struct Forecast {
  std::optional<double> seconds;  // until the last step ends; nothing when a step to come is unknown
  std::optional<double> usd;      // of the steps to come; likewise
};

// A step that runs counts as a whole: how far it is nobody knows.
//   expected  for each step
Forecast forecast(std::span<const Step> steps, const Plan& plan, std::span<const std::optional<Expected>> expected);

}  // namespace plenum::workflow
