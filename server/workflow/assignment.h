// A workflow with a member for every role: what Engine::assign makes and a run works from.
#pragma once

#include <limits>
#include <memory>
#include <optional>
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
  std::shared_ptr<const Workflow> workflow;  // expanded for the members
  std::vector<AssignedMember> members;       // who takes part, each once; at least one
  std::vector<std::size_t>
      role_members;  // for each role of the workflow, then one for each member that every-member steps ask
  std::vector<SkippedMember> skipped;                  // asked for, but left out
  std::vector<SkippedMember> missed;                   // those of them whose key is missing: the result is degraded
  std::vector<std::vector<AssignedMember>> fallbacks;  // for each of members: who answers in its place, in order
  int rounds_max = std::numeric_limits<int>::max();
  std::vector<std::string> choices;  // what is voted on
  std::optional<double> converge;    // rounds end when the members' outputs are this like those of the round before
  bool exclude_self = false;         // a reviewer's place for its own answer does not count
  bool strict = false;               // every failed step ends the task

  // Empty for a member without a chain.
  std::vector<AssignedMember> fallbacks_of(const Step& step) const {
    const std::size_t member = role_members[static_cast<std::size_t>(step.role)];
    auto chain = member < fallbacks.size() ? fallbacks[member] : std::vector<AssignedMember>();
    if (!step.fallback_members) return chain;
    for (std::size_t other = 0; other < members.size(); ++other) {
      if (other != member) chain.push_back(members[other]);
    }
    return chain;
  }
  const AssignedMember& member_of(const Step& step) const {
    return members[role_members[static_cast<std::size_t>(step.role)]];
  }
};

}  // namespace plenum::workflow
