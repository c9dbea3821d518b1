// What was accepted, as status and lists show it.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "common/task_result.h"
#include "common/task_spec.h"

namespace plenum::stream {

// Set once.
struct StreamFacts {
  StreamId id;
  TaskSpec spec;
  WallTime created_at{};
  SteadyTime accepted{};
  std::string trace_id;
  std::vector<SkippedMember> skipped;
  std::string plan_json;   // how the task is worked on, as an object of who works on it; opaque here
  seconds kept_for{3600};  // after it has ended and nobody asks for it any more
};

}  // namespace plenum::stream
