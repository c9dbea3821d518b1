// Builds the result of a run from its outputs. Pure functions; any thread.
#pragma once

#include <string>

#include "common/protocol/task_result.h"
#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

// Everything but the answer, which only a completed run has.
//   complete  every step of the plan has ended by itself
TaskResult build_result(const StepOutputs& outputs, const StepScheduler& scheduler, bool complete = false);

// The cost of all attempts that have ended; unknown as soon as one of them is.
Cost cost_so_far(const StepOutputs& outputs);

}  // namespace plenum::workflow
