// Parses the options of a task that its workflow supports. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

struct TaskOptions {
  std::optional<int> rounds;         // maximum per group of rounds
  int rounds_min = 0;                // no convergence ends the rounds earlier
  std::vector<std::string> choices;  // the options of a vote
  std::optional<double> converge;    // rounds end at this similarity to the outputs of the previous round
  std::optional<int> quorum;         // minimum number of items in every list input; overrides the file
  std::optional<LatePolicy> late;    // for answers that come after a ranking has started; absent: see StartOptions
  std::optional<bool> exclude_self;  // a reviewer's rank of its own answer is ignored; absent: with 3 answers or more
  SearchMode search = SearchMode::none;
  std::optional<bool> verdict;  // whether the verdict is extracted; absent: the default of the workflow
  bool strict = false;          // a failed step fails the task
};

// Parses the JSON object and adds its errors with pointers below /options.
//   members  number of usable members
TaskOptions read_task_options(const std::string& json, const Workflow& workflow, std::size_t members,
                              std::vector<ValidationError>& faults);

}  // namespace plenum::workflow
