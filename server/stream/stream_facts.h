// What was accepted, as status and lists show it.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "common/task_result.h"
#include "common/task_spec.h"
#include "server/core/event_store.h"

namespace plenum::stream {

// Set once.
struct StreamFacts {
  StreamId id;
  TaskSpec spec;
  WallTime created_at{};
  SteadyTime accepted{};
  std::string trace_id;
  std::vector<SkippedMember> skipped;
  core::WorkPlan plan;
  seconds kept_for{3600};  // after it has ended and nobody asks for it any more
};

}  // namespace plenum::stream
