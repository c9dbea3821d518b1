// Expands the steps that run once per member (`each`) into one step per member. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// Options of the task that change when steps start.
struct StartOptions {
  std::optional<int> quorum{};       // replaces the quorum of every step that has a list input
  std::optional<LatePolicy> late{};  // absent: `drop` with a quorum, else `rank`
};

// Returns the workflow in which every step has one role. The roles of the file are followed by one role per
// member, in member order. A list input becomes one input per member.
//   role_members  for each role of the file, the index of its member
Workflow expand_members(const Workflow& workflow, std::span<const std::size_t> role_members, std::size_t members,
                        const StartOptions& options = {});

// Whether the option `late` has an effect: some step ranks again what came late.
bool ranks_late(const Workflow& workflow);

// Upper bound of the number of steps after expansion; check it before expanding.
std::size_t expanded_steps(const Workflow& workflow, std::size_t members);
inline constexpr std::size_t expanded_steps_max = 10'000;

}  // namespace plenum::workflow
