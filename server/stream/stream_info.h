// An accepted task, as status and lists show it.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/protocol/task_request.h"
#include "common/protocol/task_result.h"
#include "server/core/event_store.h"

namespace plenum::stream {

// Set once.
struct StreamInfo {
  StreamId id;
  TaskSpec spec;
  WallTime created_at{};
  SteadyTime accepted{};
  std::string trace_id;
  std::vector<SkippedMember> skipped;
  core::ExecutionPlan plan;
  seconds retention{3600};   // after its end and last access; then it is deleted
  seconds memory_ttl{3600};  // likewise; then it is evicted from memory. At most `retention`
};

}  // namespace plenum::stream
