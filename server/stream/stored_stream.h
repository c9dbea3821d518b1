// A stream's info as the store keeps them, and what was recorded of it read back. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/protocol/event.h"
#include "server/core/event_store.h"
#include "server/stream/stream_info.h"
#include "server/stream/stream_state.h"

namespace plenum::stream {

std::string info_json(const StreamInfo& info);
// now, steady: of this moment, from which the age of the task is counted. Fails with stream_damaged.
Result<StreamInfo> info_from(const core::StoredTask& task, WallTime now, SteadyTime steady);
// The name of the workflow, for lists; empty when it cannot be told.
std::string workflow_of(const core::StoredTask& task);

// A frame of a log as the event that it was made from; malformed when it is no frame of ours.
Result<ReceivedEvent> event_of_frame(std::string_view frame);

// What the frames come to. The text of chunks that ended is taken from their end, so that a long log is
// folded in a fraction of the time that its tokens took. Fails with stream_damaged.
Result<StreamState> rebuild_state(const std::vector<core::Frames>& parts);

// Puts another epoch into the ids of the frames. Both epochs have the same length.
void change_epoch(core::Frames& frames, std::string_view from, std::string_view to);

}  // namespace plenum::stream
