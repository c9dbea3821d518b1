#include "server/http/sse/event_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json_writer.h"
#include "common/sse/encoded_frame.h"
#include "server/http/message/etag.h"
#include "server/http/sse/control_frames.h"
#include "server/task/views.h"

namespace plenum::http {
namespace {

// Of the events of one page. A larger event is a page of its own.
constexpr std::size_t json_bytes_max = 1024 * 1024, ndjson_bytes_max = 4 * 1024 * 1024;
std::size_t bytes_max_of(PageFormat format) { return format == PageFormat::json ? json_bytes_max : ndjson_bytes_max; }

// Events of a finished stream beyond this size are read while they are sent.
constexpr std::size_t unmade_bytes_min = 64 * 1024;
// Of the log that is read for one page: a page whose filter matches few events may end early.
constexpr std::size_t read_bytes_max = 8 * 1024 * 1024;
constexpr std::size_t read_batch_bytes = 256 * 1024;

// The body is a function of these values and of the request's parameters.
std::string tag_of(const EventPage& page) {
  return fmt::format("\"{}-{}-{}-{}-{}-{}\"", page.epoch, page.after, page.first_seq, page.last_seq,
                     name_of(page.status), page.format == PageFormat::json ? 'j' : 'n');
}

// Calls take(data) for the events of the page. Sets page.after.
template <class F>
void each_event(const stream::Stream& stream, const PageRequest& request, EventPage& page, F&& take) {
  const std::size_t bytes_max = bytes_max_of(page.format);
  std::size_t count = 0, read = 0, bytes = 0;
  while (page.after < page.last_seq && read < read_bytes_max) {
    const core::FrameSpan span = stream.frames_after(page.after, read_batch_bytes);
    if (span.empty()) return;
    read += span.bytes.size();
    for (std::size_t i = 0; i < span.ends.size(); ++i) {
      const std::string_view frame = span.frame(i);
      if (request.filter.matches(frame)) {
        const std::string_view data = data_of(frame);
        if (count == request.events_max || (count > 0 && bytes + data.size() > bytes_max)) return;
        take(data);
        bytes += data.size() + 1;
        ++count;
      }
      page.after = span.first_seq + i;
    }
  }
}

void read_events(const stream::Stream& stream, const PageRequest& request, EventPage& page) {
  const char separator = page.format == PageFormat::json ? ',' : '\n';
  each_event(stream, request, page, [&](std::string_view data) { page.events.append(data).push_back(separator); });
}

// The log of a finished stream does not change: its events are counted now and read while they are sent.
void measure_events(const stream::Stream& stream, const PageRequest& request, EventPage& page) {
  LogRange range{page.after, 0, request.filter, page.format == PageFormat::ndjson};
  each_event(stream, request, page, [&](std::string_view data) { range.bytes += data.size() + 1; });
  if (!range.lines && range.bytes > 0) --range.bytes;  // no comma behind the last one
  range.last = page.after;
  page.range = std::move(range);
  page.log = stream.shared_from_this();
}

// The gap notice and the snapshot that precede the events.
void read_preamble(const stream::Stream& stream, const StartPoint& start, EventPage& page) {
  EventStamp stamp = stream.control_stamp();
  if (start.gap && page.format == PageFormat::ndjson) {
    stream.encoder().append_json(page.gap_event, Event{gap_notice(*start.gap), nullptr}, stamp);
  }
  if (!start.snapshot) return;
  Json state = task::state_view(stream);
  state["seq"] = start.after;
  if (page.format == PageFormat::json) {
    page.snapshot = dump_json(state);
  } else {
    stamp.seq = start.after;
    stream.encoder().append_json(page.snapshot_event, Event{Snapshot{dump_json(state)}, nullptr}, stamp);
  }
}

// The cursor of the next page; absent at the end of a finished stream.
std::optional<std::string> next_of(const EventPage& page) {
  if (page.finished && page.after >= page.last_seq) return {};
  return EventId{page.epoch, page.after}.str();
}

bool may_start_with_snapshot(const stream::Stream& stream, const PageRequest& request) {
  return request.cursor.from == "snapshot" || stream.first_seq() > 1;
}

void add_position(JsonFields& fields, const EventPage& page) {
  if (const auto next = next_of(page)) {
    fields.text("next", *next);
  } else {
    fields.raw("next", "null");
  }
  fields.text("epoch", page.epoch)
      .number("first_seq", static_cast<std::int64_t>(page.first_seq))
      .number("last_seq", static_cast<std::int64_t>(page.last_seq))
      .text("status", name_of(page.status))
      .flag("finished", page.finished);
}

// What precedes and what follows the events.
struct Around {
  std::string before, after;
};

Around around_items(const EventPage& page) {
  Around around{"{", "]"};
  JsonFields fields(around.before);
  if (page.gap) fields.raw("gap", fmt::format(R"({{"from":{},"to":{}}})", page.gap->from, page.gap->to));
  if (page.snapshot) fields.raw("snapshot", *page.snapshot);
  fields.raw("events", "[");
  around.after.push_back(',');
  JsonFields position(around.after);
  add_position(position, page);
  around.after.push_back('}');
  return around;
}

Around around_lines(const EventPage& page) {
  Around around{{}, R"({"type":"page_end",)"};
  for (const std::string* line : {&page.gap_event, &page.snapshot_event}) {
    if (!line->empty()) around.before.append(*line).push_back('\n');
  }
  JsonFields position(around.after);
  add_position(position, page);
  around.after.append("}\n");
  return around;
}

Response events_response(const EventPage& page) {
  const bool json = page.format == PageFormat::json;
  auto [body, end] = json ? around_items(page) : around_lines(page);
  const char* const type = json ? "application/json" : "application/x-ndjson";
  if (page.log) {
    auto pieces = std::make_shared<LogPieces>(page.log, page.range, std::move(end));
    if (page.range.bytes > unmade_bytes_min) {
      return std::move(Response(200, type, std::move(body)).followed_by(std::move(pieces)));
    }
    while (pieces->next(body)) {
    }
    return Response(200, type, std::move(body));
  }
  body.append(page.events, 0, page.events.size() - (json && !page.events.empty() ? 1 : 0));
  return Response(200, type, body + end);
}

}  // namespace

std::size_t page_bytes(const stream::Stream& stream, const PageRequest& request) {
  constexpr std::size_t copies = 2;
  const std::size_t events = stream.finished() ? 0 : std::min(bytes_max_of(request.format), stream.bytes_held());
  return copies * events + (may_start_with_snapshot(stream, request) ? render_bytes(stream) : 0);
}

EventPage read_page(const stream::Stream& stream, const PageRequest& request) {
  EventPage page;
  page.format = request.format;
  page.stream_id = stream.id().str();
  const StreamExtent extent = extent_of(stream);
  const auto resolution = resolve_cursor(request.cursor, extent);
  if (const auto* error = std::get_if<Error>(&resolution)) {
    page.instead = problem(*error, {.stream_id = page.stream_id});
    return page;
  }
  if (std::holds_alternative<NothingMore>(resolution)) {
    page.instead = Response(204);
    return page;
  }
  const auto& start = std::get<StartPoint>(resolution);
  page.epoch = extent.epoch;
  page.first_seq = extent.first_seq;
  page.last_seq = extent.last_seq;
  page.status = stream.status();
  page.finished = extent.finished;
  page.after = start.after;
  page.gap = start.gap;
  // These lines have the time of the request, so such a page never repeats.
  const bool has_times = page.format == PageFormat::ndjson && (start.gap || start.snapshot);
  if (!has_times) page.etag = tag_of(page);
  if (!page.etag.empty() && tag_matches(request.if_none_match, page.etag)) {
    page.instead = Response(304);
    return page;
  }
  read_preamble(stream, start, page);
  if (extent.finished) {
    measure_events(stream, request, page);
  } else {
    read_events(stream, request, page);
  }
  return page;
}

Response page_response(const EventPage& page) {
  Response response = page.instead ? *page.instead : events_response(page);
  // The same URL has other responses for other Accept headers.
  response.header("Vary", "Accept");
  if (!page.etag.empty()) response.header("ETag", page.etag);
  if (!page.epoch.empty()) response.header("Stream-Id", page.stream_id).header("Stream-Epoch", page.epoch);
  return response;
}

}  // namespace plenum::http
