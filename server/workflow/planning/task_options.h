// The options of a task, as far as its workflow knows them. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

struct TaskOptions {
  std::optional<int> rounds;         // at most so many of each group
  std::vector<std::string> choices;  // what is voted on
  std::optional<double> converge;    // rounds end when the members' outputs are this like those of the round before
  std::optional<int> quorum;         // outputs that every list must have before a step takes it; instead of the file's
  bool exclude_self = false;         // a reviewer's place for its own answer does not count
  SearchMode search = SearchMode::none;
  bool strict = false;  // every failed step ends the task
};

// What the JSON object says, and what is wrong with it, at pointers below /options.
//   members  how many can answer
TaskOptions read_task_options(const std::string& json, const Workflow& workflow, std::size_t members,
                              std::vector<ValidationError>& faults);

}  // namespace plenum::workflow
