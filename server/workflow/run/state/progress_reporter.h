// Progress, per-stage metrics and call statistics of a run. Pure; not thread-safe: one per run.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

class ProgressReporter {
 public:
  explicit ProgressReporter(const Assignment& assignment);

  TaskProgress progress(const StepOutputs& outputs, const StepScheduler& scheduler,
                        std::chrono::milliseconds elapsed) const;
  // Metrics of the stages that have ended since the last call.
  std::vector<MetricsPartial> ended_stages(const StepOutputs& outputs, const StepScheduler& scheduler);

 private:
  MetricsPartial metrics_of(std::size_t stage, const StepOutputs& outputs) const;

  std::vector<std::string> stages_;    // in workflow order
  std::vector<std::size_t> stage_of_;  // for each step
  std::vector<bool> reported_;         // for each stage
};

// Samples for the estimates of later runs. Empty when a step failed or was reused: such a run is no sample.
std::vector<StepSample> call_samples(const StepOutputs& outputs, const StepScheduler& scheduler);

}  // namespace plenum::workflow
