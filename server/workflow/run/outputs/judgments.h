// Which member judged the work of which, for the result. Pure; any thread.
#pragma once

#include <string>

#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

// A JSON array with one object for each finished step that judges; empty without any.
std::string judgments_json(const StepOutputs& outputs);

}  // namespace plenum::workflow
