// Estimates of costs for steps without earlier runs, from prices and the size of the task. Pure; any thread.
#pragma once

#include "common/protocol/task_request.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::workflow {

// Adds the cost of each step whose estimate lacks one, if the price of its member is known. Prompts are counted at four
// bytes per token, with the assumed lengths of the answers that they contain (StepKind::answer_tokens); a conditional
// step counts half. Durations stay unknown: they depend on the provider more than on the task.
void add_price_estimates(Assignment& assignment, const TaskSpec& spec);

}  // namespace plenum::workflow
