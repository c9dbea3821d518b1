// Frames that belong to one connection, not to the log: they have the time, and no number.
// Only on the stream's owner loop.
#pragma once

#include <chrono>
#include <string>

#include "common/base/clock.h"
#include "common/protocol/event.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/http/sse/cursor.h"
#include "server/stream/stream.h"

namespace plenum::http {

// The start of every native subscription: stream_open, then the gap notice, then the snapshot, if there is one.
void append_preamble(std::string& out, const stream::Stream& stream, const StartPoint& start,
                     const BroadcasterOptions& options, SteadyTime now);
// The events that are no longer available.
SystemMessage gap_notice(const StartPoint::Gap& gap);
std::string heartbeat_frame(const stream::Stream& stream);
// Announces the shutdown, with a random `retry:` within the window, so that the clients of a server do not reconnect
// at the same moment.
std::string draining_frame(const stream::Stream& stream, std::chrono::milliseconds window);

}  // namespace plenum::http
