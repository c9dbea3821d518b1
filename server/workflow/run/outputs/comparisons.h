// How the models of a run compared: the input of the standings (server/task/standings.h). Pure; not thread-safe.
#pragma once

#include <string>

#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

// The rankings and votes of their last round, of the models that answered; substitutes under their own names. Reused
// and cached ones are omitted: the task that made the call has them.
//   {"models": ["openai/gpt-4.1", …], "reviews": [[reviewer, [[best, …], [next, …], …]], …], "votes": [[voter, 1], …]}
// with positions in `models`; a vote is 1 if it was for the winning choice, else 0. Empty: neither rankings nor votes.
std::string comparisons_json(const StepOutputs& outputs);

}  // namespace plenum::workflow
