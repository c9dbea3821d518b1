// Collects the events of a completed run for the answer cache. Pure.
#pragma once

#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

// The start and the end of every chunk in the order of the ends, then the result. A chunk starts with the
// member and the attempt that completed it.
std::vector<Event> events_for_cache(const StepOutputs& outputs, const TaskResult& result);

}  // namespace plenum::workflow
