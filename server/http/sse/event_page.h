// A bounded part of a stream's log as one answer, for callers that poll: a JSON page, or NDJSON with one event a
// line. Where it begins follows the same cursor rules as the stream itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/http/message/response.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/stream/stream.h"

namespace plenum::http {

enum class PageFormat : std::uint8_t { json, ndjson };

struct PageRequest {
  PageFormat form = PageFormat::json;
  CursorRequest cursor;
  EventFilter selection;
  std::size_t events_max = 0;
  std::string if_none_match;
};

// What was read of a stream at one moment: all that its answer needs.
struct EventPage {
  std::optional<Response> instead;  // there is no page: 204, 304, or what is wrong with the cursor
  PageFormat form = PageFormat::json;
  std::string stream_id, epoch;
  std::uint64_t first_seq = 1, last_seq = 0;
  TaskStatus status = TaskStatus::initializing;
  bool finished = false;
  std::uint64_t after = 0;  // all events up to here have been given or were not asked for
  std::optional<StartPoint::Gap> gap;
  std::string gap_event, snapshot_event;  // NDJSON: their lines
  std::optional<std::string> snapshot;    // JSON: the folded state
  std::string events;                     // the envelopes, each with a byte behind it that parts them
  std::string etag;                       // empty: none
};

// Only the stream's owner loop.
EventPage read_page(const stream::Stream& stream, const PageRequest& request);
// Any thread.
Response page_reply(const EventPage& page);

}  // namespace plenum::http
