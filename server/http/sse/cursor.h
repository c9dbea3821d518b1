// Where a reader starts: what it asked for against what the stream holds. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/base/error.h"

namespace plenum::http {

// What the request said, as it said it; absent parts are empty (an empty header counts as absent).
struct CursorRequest {
  std::string last_event_id_header;
  std::string last_event_id_query;
  std::optional<std::string> after;  // ?after=
  std::optional<std::string> from;   // ?from=
  std::optional<std::string> gap;    // ?gap=
};

// What the stream holds at the moment of the answer.
struct StreamExtent {
  std::string epoch;
  std::uint64_t first_seq = 1;
  std::uint64_t last_seq = 0;
  bool finished = false;
};

struct StartPoint {
  std::uint64_t after = 0;  // the first frame to send is after + 1
  bool recovered = false;   // a cursor was given and continued exactly
  bool has_cursor = false;  // the reader named a position
  bool snapshot = false;    // send the folded state first
  // The part that can no longer be given.
  struct Gap {
    std::uint64_t from = 0, to = 0;
  };
  std::optional<Gap> gap;
};

struct NothingMore {};  // finished and fully read: 204

using CursorAnswer = std::variant<StartPoint, NothingMore, Error>;

// Precedence: header > ?last_event_id= > ?after= > ?from=. Fails with invalid_cursor (400) or
// cursor_expired (410, only with gap=fail).
CursorAnswer resolve_cursor(const CursorRequest& request, const StreamExtent& extent);

}  // namespace plenum::http
