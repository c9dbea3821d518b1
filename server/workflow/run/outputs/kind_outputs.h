// Outputs of a run as the step-kind table reads them. Pure; any thread.
#pragma once

#include <span>

#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

MemberOutput member_output(const StepOutputs& outputs, StepIndex step);
// The steps must be of one kind and, if it ranks, rank the same list.
KindOutputs kind_outputs(const StepOutputs& outputs, std::span<const StepIndex> steps);

}  // namespace plenum::workflow
