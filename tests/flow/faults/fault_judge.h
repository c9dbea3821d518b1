// The rules that hold for every fault.
#pragma once

#include <string>
#include <vector>

#include "tests/flow/faults/fault_play.h"

namespace plenum::tests {

// Fills in result, allowed and wrong. `frames` is the whole stream; took is set.
void judge(FaultRun& run, const std::string& provider, const std::vector<Frame>& frames,
           const ScriptedUpstream& upstream);

}  // namespace plenum::tests
