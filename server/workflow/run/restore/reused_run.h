// What a retry of a task reuses of an earlier stream. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/restore/recorded_run.h"

namespace plenum::workflow {

// The first steps that a retry runs again.
enum class RetryFrom : std::uint8_t {
  synthesis,
  rankings,
  rounds,  // further rounds, and all steps that follow the rounds
  all,
};
std::optional<RetryFrom> retry_from_named(std::string_view name);

// The number of the last round of the stream that has an output; 0: no round has one. Fails with validation_failed for
// a workflow whose rounds cannot be extended: it has none, or reviews decide how many there are.
Result<int> rounds_done(const RecordedRun& recorded, const Assignment& assignment);

// The chunks of an earlier stream that a new stream of the same task reuses: those that ended well, are not
// among the steps to be run again, and depend on none of them. A failed chunk is reused if later reused
// chunks were produced without it. Fails with validation_failed when the workflow has no such step, or when
// the chunks no longer match the assignment.
Result<RecordedRun> reused_run(const RecordedRun& recorded, const Assignment& assignment, RetryFrom from);

}  // namespace plenum::workflow
