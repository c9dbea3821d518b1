// Converts streams to and from their stored form. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/protocol/event.h"
#include "server/core/event_store.h"
#include "server/stream/stream_info.h"
#include "server/stream/stream_state.h"

namespace plenum::stream {

core::StoredTask stored_task(const StreamInfo& info, const std::string& epoch);
// now, steady: the current times, from which the age of the task is computed. Fails with stream_damaged.
Result<StreamInfo> info_from(const core::StoredTask& task, WallTime now, SteadyTime steady);
// The name of the workflow, for lists; empty if the stored info is damaged.
std::string workflow_of(const core::StoredTask& task);
// Drops everything from the stored info but the name of the workflow.
void reduce_info(core::StoredTask& task);

// The tag of the task for standings: `metadata.tag`, a string of 1 to 100 characters. Empty: none.
std::string tag_of(const TaskSpec& spec);

// The event of a frame; malformed if it is not a frame of an event log.
Result<ReceivedEvent> event_of_frame(std::string_view frame);

// The state after all frames. The text of a finished chunk is taken from its end, not from its tokens, so that a long
// log is processed fast. Fails with stream_damaged.
Result<StreamState> rebuild_state(const std::vector<core::Frames>& parts);

// Replaces the epoch in the ids of the frames. Both epochs have the same length.
void change_epoch(core::Frames& frames, std::string_view from, std::string_view to);

}  // namespace plenum::stream
