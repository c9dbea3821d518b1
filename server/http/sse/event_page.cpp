#include "server/http/sse/event_page.h"

#include <fmt/format.h>

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
// Of the log that is read for one page: a page whose filter matches few events may end early.
constexpr std::size_t read_bytes_max = 8 * 1024 * 1024;
constexpr std::size_t read_batch_bytes = 256 * 1024;

// The body is a function of these values and of the request's parameters.
std::string tag_of(const EventPage& page) {
  return fmt::format("\"{}-{}-{}-{}-{}-{}\"", page.epoch, page.after, page.first_seq, page.last_seq,
                     name_of(page.status), page.format == PageFormat::json ? 'j' : 'n');
}

void read_events(const stream::Stream& stream, const PageRequest& request, EventPage& page) {
  const bool json = page.format == PageFormat::json;
  const std::size_t bytes_max = json ? json_bytes_max : ndjson_bytes_max;
  std::size_t count = 0, read = 0;
  while (page.after < page.last_seq && read < read_bytes_max) {
    const core::FrameSpan span = stream.frames_after(page.after, read_batch_bytes);
    if (span.empty()) return;
    read += span.bytes.size();
    for (std::size_t i = 0; i < span.ends.size(); ++i) {
      const std::string_view frame = span.frame(i);
      if (request.filter.matches(frame)) {
        const std::string_view data = data_of(frame);
        if (count == request.events_max || (count > 0 && page.events.size() + data.size() > bytes_max)) return;
        page.events.append(data).push_back(json ? ',' : '\n');
        ++count;
      }
      page.after = span.first_seq + i;
    }
  }
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

std::string json_body(const EventPage& page) {
  std::string body = "{";
  JsonFields fields(body);
  if (page.gap) fields.raw("gap", fmt::format(R"({{"from":{},"to":{}}})", page.gap->from, page.gap->to));
  if (page.snapshot) fields.raw("snapshot", *page.snapshot);
  fields.raw("events", "[");
  if (!page.events.empty()) body.append(page.events, 0, page.events.size() - 1);
  body.push_back(']');
  add_position(fields, page);
  body.push_back('}');
  return body;
}

std::string ndjson_body(const EventPage& page) {
  std::string body;
  for (const std::string* line : {&page.gap_event, &page.snapshot_event}) {
    if (!line->empty()) body.append(*line).push_back('\n');
  }
  body.append(page.events).append(R"({"type":"page_end",)");
  JsonFields fields(body);
  add_position(fields, page);
  body.append("}\n");
  return body;
}

}  // namespace

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
  read_events(stream, request, page);
  return page;
}

Response page_response(const EventPage& page) {
  Response response = page.instead                      ? *page.instead
                      : page.format == PageFormat::json ? Response(200, "application/json", json_body(page))
                                                        : Response(200, "application/x-ndjson", ndjson_body(page));
  // The same URL has other responses for other Accept headers.
  response.header("Vary", "Accept");
  if (!page.etag.empty()) response.header("ETag", page.etag);
  if (!page.epoch.empty()) response.header("Stream-Id", page.stream_id).header("Stream-Epoch", page.epoch);
  return response;
}

}  // namespace plenum::http
