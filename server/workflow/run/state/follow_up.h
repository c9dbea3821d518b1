// The requests of follow-up calls. Pure; any thread.
#pragma once

#include <string>

#include "server/workflow/run/state/run_facts.h"

namespace plenum::workflow {

// After a text that stopped at a token limit.
FollowUp continuation();
// After a text that cannot be read.
//   problem  what is missing, as a sentence
//   form     what the answer must be
FollowUp repair(const std::string& problem, const std::string& form);

}  // namespace plenum::workflow
