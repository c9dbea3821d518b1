// The execution plan of a task as stored with its stream: enough to resume it in another process, with the
// workflow, the members and the earlier turns that it began with. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/core/event_store.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::task {

struct StoredPlan {
  std::shared_ptr<const workflow::Workflow> workflow;  // parsed from its stored text
  std::vector<std::string> members;                    // that took part, as ids
  std::vector<std::string> by_default;                 // those of them whose model the server chose
  workflow::ConversationWindow turns;
};

core::ExecutionPlan plan_of(const workflow::Assignment& assignment);
// Fails with malformed, or with workflow_invalid when this version cannot read that workflow any more.
Result<StoredPlan> plan_from(const core::ExecutionPlan& stored);

}  // namespace plenum::task
