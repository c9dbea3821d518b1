// Selects the council of a task and fills the task's settings from it. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/protocol/council.h"
#include "server/workflow/catalog/catalog.h"

namespace plenum::workflow {

// Where a task's council is looked up: first in the file of its workflow, then in the configuration.
struct CouncilSources {
  const Catalog& catalog;
  const std::vector<Council>& configured;
  const std::string& default_workflow;  // of tasks that name none; may be `auto`
};

// The task with the settings of its council: the one that it names, else the council `default` if it names no members
// and there is one. The council's workflow applies if the task names none or `auto`. Roles, steps and a chairman that
// the workflow does not have are dropped from the council's settings. Fails if there is no council of this name.
tl::expected<TaskSpec, ValidationError> with_council(TaskSpec task, const CouncilSources& sources);

// Errors in settings that come from the council and not from the request are moved to `/council`.
//   requested, resolved  the argument and the result of with_council()
void attribute_to_council(std::vector<ValidationError>& faults, const TaskSpec& requested, const TaskSpec& resolved);

}  // namespace plenum::workflow
