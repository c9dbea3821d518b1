// Why the result of a workflow with a verdict step has no verdict. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

enum class VerdictAbsence : std::uint8_t {
  disabled,         // by the task, or by default
  too_few_answers,  // below the quorum of the step
  not_reached,      // the run ended before it, or the step was not needed
  call_failed,
  unreadable,  // also after a repair
  open_ended,  // there are no positions to compare
};
// `too_few_answers`, as in the result of a task.
std::string_view name_of(VerdictAbsence absence);

// Nothing if there is a verdict, or the workflow has no step for one.
std::optional<VerdictAbsence> verdict_absence(const StepOutputs& outputs, const StepScheduler& scheduler);

}  // namespace plenum::workflow
