// A workflow with a member for every role: what Engine::assign makes and a run works from.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/task_result.h"
#include "server/workflow/workflow.h"

namespace plenum::workflow {

struct AssignedMember {
  std::string id;  // provider/model, also when only the provider was asked for
  std::string provider;
  std::string model;
};

struct Assignment {
  std::shared_ptr<const Workflow> workflow;
  std::vector<AssignedMember> members;    // who takes part, each once; at least one
  std::vector<std::size_t> role_members;  // for each role of the workflow, an index into members
  std::vector<SkippedMember> skipped;     // asked for, but left out
  std::vector<SkippedMember> missed;      // those of them whose key is missing: the result is degraded
  bool secret_removed = false;            // a configured key stood in the task; it is told at the start
  int rounds_max = std::numeric_limits<int>::max();

  const AssignedMember& member_of(const Step& step) const {
    return members[role_members[static_cast<std::size_t>(step.role)]];
  }
};

}  // namespace plenum::workflow
