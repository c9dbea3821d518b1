// What a web search without a written query searches for, and whether a query is written. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/protocol/task_request.h"

namespace plenum::workflow {

// Whether the task is not its own query: it is long or has several lines, or it depends on a context or on earlier
// turns.
bool needs_query(std::string_view task, std::string_view context_json, std::span<const Turn> turns);

// The task, or of a long one its last question, else its last sentence; before it the same of the latest earlier
// question. At most query_bytes_max.
std::string search_text(std::string_view task, std::span<const Turn> turns);

}  // namespace plenum::workflow
