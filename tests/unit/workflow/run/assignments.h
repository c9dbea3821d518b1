// Assignments put together in code: the members a/m1, b/m2, … fill the roles in turn.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::tests {

inline workflow::AssignedMember member_number(std::size_t i) {
  const std::string provider(1, static_cast<char>('a' + i));
  const std::string model = fmt::format("m{}", i + 1);
  return {provider + "/" + model, provider, model};
}

inline workflow::Assignment assign_members(std::shared_ptr<const workflow::Workflow> workflow, std::size_t members,
                                           const workflow::StartOptions& start = {}) {
  workflow::Assignment assignment;
  for (std::size_t i = 0; i < members; ++i) assignment.members.push_back(member_number(i));
  for (std::size_t role = 0; role < workflow->roles.size(); ++role) assignment.role_members.push_back(role % members);
  if (workflow->per_member) {
    workflow =
        std::make_shared<const workflow::Workflow>(expand_members(*workflow, assignment.role_members, members, start));
    for (std::size_t i = 0; i < members; ++i) assignment.role_members.push_back(i);
  }
  assignment.workflow = std::move(workflow);
  return assignment;
}

}  // namespace plenum::tests
