// A bounded part of a stream's log as one response, for clients that poll: a JSON page, or NDJSON with one event per
// line. The cursor rules are those of the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/http/message/response.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/log_pieces.h"
#include "server/http/sse/stream_view.h"
#include "server/stream/stream.h"

namespace plenum::http {

enum class PageFormat : std::uint8_t { json, ndjson };

struct PageRequest {
  PageFormat format = PageFormat::json;
  CursorRequest cursor;
  EventFilter filter;
  std::size_t events_max = 0;
  std::string if_none_match;
};

// What was read of a stream at one moment: the input of page_response().
struct EventPage {
  std::optional<Response> instead;  // no page: 204, 304, or a problem of the cursor
  PageFormat format = PageFormat::json;
  std::string stream_id, epoch;
  std::uint64_t first_seq = 1, last_seq = 0;
  TaskStatus status = TaskStatus::initializing;
  bool finished = false;
  std::uint64_t after = 0;  // all events up to here are in the page or do not match the filter
  std::optional<StartPoint::Gap> gap;
  std::string gap_event, snapshot_event;        // NDJSON: their lines
  std::optional<std::string> snapshot;          // JSON: the state
  std::string events;                           // the envelopes, each followed by its separator
  std::shared_ptr<const stream::Stream> log{};  // not null: events is empty, and range is read while it is sent
  LogRange range{};
  std::string etag;  // empty: none
};

// Memory that reading a page and rendering it takes at most. Any thread.
std::size_t page_bytes(const stream::Stream& stream, const PageRequest& request);
// Only on the stream's owner loop.
EventPage read_page(const stream::Stream& stream, const PageRequest& request);
// Any thread.
Response page_response(const EventPage& page);

}  // namespace plenum::http
