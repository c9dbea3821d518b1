// The keys under which the answer of a task is cached. Pure; any thread.
#pragma once

#include <string>

#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::workflow {

// Everything that affects the answer: task, context, earlier turns, options, parameters, the workflow and its version,
// and the members with their addresses and personas. The order of fields in JSON objects is not part of it. Neither are
// time limits: only complete answers are cached.
CacheKeys cache_keys_of(const Assignment& assignment, const TaskSpec& spec, const core::ProviderDirectory& providers);

}  // namespace plenum::workflow
