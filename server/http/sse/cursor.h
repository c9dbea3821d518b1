// Resolves the start of a subscription: the requested position against the events that the stream holds. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/base/error.h"
#include "server/stream/stream.h"

namespace plenum::http {

// The raw values of the request; absent ones are empty (an empty header counts as absent).
struct CursorRequest {
  std::string last_event_id_header;
  std::string last_event_id_query;
  std::optional<std::string> after;  // ?after=
  std::optional<std::string> from;   // ?from=
  std::optional<std::string> gap;    // ?gap=
};

// What the stream holds at the moment of the resolution.
struct StreamExtent {
  std::string epoch;
  std::uint64_t first_seq = 1;
  std::uint64_t last_seq = 0;
  bool finished = false;
};
// Any thread; exact only on the stream's owner loop.
StreamExtent extent_of(const stream::Stream& stream);

struct StartPoint {
  std::uint64_t after = 0;  // the first frame to send is after + 1
  bool recovered = false;   // a cursor was given, and no event after it is missing
  bool has_cursor = false;  // the request has a position
  bool snapshot = false;    // send the current state first
  // Events that are no longer available.
  struct Gap {
    std::uint64_t from = 0, to = 0;
  };
  std::optional<Gap> gap;
};

struct NothingMore {};  // finished and fully delivered: 204

using CursorResolution = std::variant<StartPoint, NothingMore, Error>;

// Precedence: header > ?last_event_id= > ?after= > ?from=. Fails with invalid_cursor (400) or
// cursor_expired (410, only with gap=fail).
CursorResolution resolve_cursor(const CursorRequest& request, const StreamExtent& extent);

}  // namespace plenum::http
