// An answer as the cache keeps it: the events of its chunks and of its end, so that a task that is asked
// again can be answered by saying them again. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"
#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::workflow {

// The name of everything that changes the answer: task, context, earlier turns, options, the workflow in
// its version, and who answers, at which address and as which persona. A SHA-256 in hex. Limits of time
// are not part of it: only answers that were whole are kept.
std::string cache_key(const Assignment& assignment, const TaskSpec& spec, const core::ProviderDirectory& providers);

// A line with a checksum, then an event a line.
std::string record(std::span<const Event> events);
// Nothing when a byte is not as it was written.
std::optional<std::vector<Event>> read_record(std::string_view bytes);

// What the events say when nobody is asked anew: cached, without costs.
ChunkCompleted as_cached(ChunkCompleted completed);
std::vector<Event> as_cached(std::vector<Event> events);

}  // namespace plenum::workflow
