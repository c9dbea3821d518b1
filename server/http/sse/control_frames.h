// Frames that belong to one connection, not to the log: they have the time, and no number.
// Only on the stream's owner loop.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/protocol/event.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/http/sse/cursor.h"
#include "server/stream/stream.h"

namespace plenum::http {

// The response head of an event stream. extra_headers: complete lines that end in CRLF.
std::string event_stream_head(std::string_view extra_headers);
// A `retry:` of the next frame: a second and a random part of the window, so that the clients of a server do not
// reconnect at the same moment.
void append_random_retry(std::string& out, std::chrono::milliseconds window = std::chrono::seconds(2));
// The start of every native subscription: a `retry:`, then the opening.
void append_preamble(std::string& out, const stream::Stream& stream, const StartPoint& start,
                     const BroadcasterOptions& options, SteadyTime now);
// stream_open, then the gap notice, then the snapshot, if there is one.
void append_opening(std::string& out, const stream::Stream& stream, const StartPoint& start,
                    const BroadcasterOptions& options, SteadyTime now);
// The gap notice, then the snapshot, if there is one.
void append_gap(std::string& out, const stream::Stream& stream, const StartPoint& start);
// The frame of the state after the event `seq`. A disconnect right after it resumes exactly.
std::string snapshot_frame(const stream::Stream& stream, std::uint64_t seq);
// Memory that rendering the state takes at most, the result included.
std::size_t render_bytes(const stream::Stream& stream);
// The events that are no longer available.
SystemMessage gap_notice(const StartPoint::Gap& gap);
std::string heartbeat_frame(const stream::Stream& stream);
// Announces the shutdown, with a random `retry:`.
std::string draining_frame(const stream::Stream& stream, std::chrono::milliseconds window);

}  // namespace plenum::http
