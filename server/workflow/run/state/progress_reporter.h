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

  // A chunk starts or ends, so long after the task was accepted. Not called for chunks of an earlier process, whose
  // times are not known.
  void start(StepIndex step, std::chrono::milliseconds elapsed) { started_[step] = elapsed; }
  void end(StepIndex step, std::chrono::milliseconds elapsed);

  TaskProgress progress(const StepOutputs& outputs, const StepScheduler& scheduler,
                        std::chrono::milliseconds elapsed) const;
  // Metrics of the stages that have ended since the last call.
  std::vector<MetricsPartial> ended_stages(const StepOutputs& outputs, const StepScheduler& scheduler);
  // Samples for the estimates of later runs. Empty when a step failed or was reused: such a run is no sample.
  std::vector<StepSample> samples(const StepOutputs& outputs, const StepScheduler& scheduler) const;

 private:
  void add_estimates(TaskProgress& progress, const StepOutputs& outputs, const StepScheduler& scheduler) const;
  MetricsPartial metrics_of(std::size_t stage, const StepOutputs& outputs) const;
  StepSample sample_of(StepIndex step, const StepOutput& output) const;

  std::vector<std::string> stages_;    // in workflow order
  std::vector<std::size_t> stage_of_;  // for each step
  std::vector<bool> reported_;         // for each stage
  // For each step; nothing unless start() and end() were called.
  std::vector<std::optional<std::chrono::milliseconds>> started_, durations_;
};

}  // namespace plenum::workflow
