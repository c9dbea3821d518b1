// What callers see of tasks, as JSON (docs/protocol.md, "Status, result, cancel"). Any thread.
#pragma once

#include "common/json/json.h"
#include "server/stream/stream_manager.h"
#include "server/task/task_service.h"

namespace plenum::task {

// The response to an accepted task, computed before the task is stored because it is stored with it.
Json accepted_view(const PreparedTask& prepared, milliseconds heartbeat);
Json status_view(const stream::Stream& stream, WallTime now, SteadyTime steady_now);
// The result of the terminal event, with stream_id, status and error beside it; only these while it runs.
Json result_view(const stream::Stream& stream);
// The snapshot without the result, for readers who get the terminal event right behind it: the result holds
// every text once more.
Json state_view(const stream::Stream& stream);
Json snapshot_view(const stream::Stream& stream);
// The text of a task in a list.
enum class ListedText : std::uint8_t { start, whole };
inline constexpr std::size_t listed_characters_max = 200;
// One row of a list. `start`: the first characters of the task, and whether it has more.
Json summary_view(const stream::TaskListEntry& listed, ListedText text = ListedText::start);
// Reduces a stored task to what summary_view() shows of its start.
void reduce_to_summary(core::StoredTask& task);

// Parts of these, for other views of the same state.
Json chunk_view(const stream::ChunkView& chunk);
Json progress_view(const TaskProgress& progress);

}  // namespace plenum::task
