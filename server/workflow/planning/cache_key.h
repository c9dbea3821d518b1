// The key under which the answer of a task is cached. Pure; any thread.
#pragma once

#include <string>

#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::workflow {

// A SHA-256 in hex over everything that affects the answer: task, context, earlier turns, options, the
// workflow and its version, and the members with their addresses and personas. Time limits are not part of
// it: only complete answers are cached.
std::string cache_key_of(const Assignment& assignment, const TaskSpec& spec, const core::ProviderDirectory& providers);

}  // namespace plenum::workflow
