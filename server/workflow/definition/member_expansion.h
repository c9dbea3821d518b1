// A workflow for certain members: every step that each of them runs becomes a step for each. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// The workflow with every step run once, by one role: behind the roles of the file comes one for each
// member, in their order. A need of a list becomes a need of each member's part of it.
//   role_members  for each role of the file, which member fills it
//   quorum        what the task asks for instead of the file's, of every step that needs a list
Workflow expand(const Workflow& workflow, std::span<const std::size_t> role_members, std::size_t members,
                std::optional<int> quorum = std::nullopt);

// How many steps that makes at most, to be asked before.
std::size_t expanded_steps(const Workflow& workflow, std::size_t members);
inline constexpr std::size_t expanded_steps_max = 10'000;

}  // namespace plenum::workflow
