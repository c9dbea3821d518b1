// Expands the steps that run once per member (`each`) into one step per member. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// Returns the workflow in which every step has one role. The roles of the file are followed by one role per
// member, in member order. A list input becomes one input per member.
//   role_members  for each role of the file, the index of its member
//   quorum        the task option; replaces the quorum of every step that has a list input
Workflow expand_members(const Workflow& workflow, std::span<const std::size_t> role_members, std::size_t members,
                        std::optional<int> quorum = std::nullopt);

// Upper bound of the number of steps after expansion; check it before expanding.
std::size_t expanded_steps(const Workflow& workflow, std::size_t members);
inline constexpr std::size_t expanded_steps_max = 10'000;

}  // namespace plenum::workflow
