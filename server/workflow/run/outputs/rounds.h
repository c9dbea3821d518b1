// The rounds of a run, for the result. Pure; any thread.
#pragma once

#include <string>

#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

// A JSON array with one object for each round that ran, after one for what the first round replaces; empty for a
// workflow without rounds. Names chunks, whose texts are in the result's answers.
//   complete  every step of the plan has ended by itself; otherwise the run may have ended before its rounds
std::string rounds_json(const StepOutputs& outputs, const StepScheduler& scheduler, bool complete);

}  // namespace plenum::workflow
