// Control frames of a connection that carries several streams. They have no `id`, unless one is given, and belong to
// one stream or, without a `stream_id`, to the connection. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/protocol/event.h"
#include "server/http/sse/broadcaster_options.h"

namespace plenum::http {

// The stream has left the connection. reason: `ended`, `removed` (deleted or evicted) or `unavailable`, with the error.
std::string stream_left_frame(const EventEncoder& encoder, const EventStamp& stamp, std::string_view reason,
                              const Error* error);

// What multiplex_open reports.
struct MultiplexOpening {
  std::string_view scope;   // `streams` or `mine`
  std::size_t streams = 0;  // on the connection now
  std::size_t omitted = 0;  // for which there was no place
};
// The first frame, with a random `retry:`. id: the cursor; may be empty.
std::string multiplex_open_frame(std::string_view id, const MultiplexOpening& opening,
                                 const BroadcasterOptions& options, WallTime now);
std::string multiplex_heartbeat_frame(std::size_t streams, WallTime now);
std::string multiplex_draining_frame(std::chrono::milliseconds window, WallTime now);
// A new stream for which there is no place.
std::string stream_omitted_frame(std::string_view stream_id, WallTime now);

}  // namespace plenum::http
