#include "server/http/sse/control_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json_writer.h"
#include "common/sse/encoder.h"
#include "server/task/views.h"

namespace plenum::http {
namespace {

constexpr std::uint32_t retry_ms_min = 1000;

SystemMessage stream_open(const stream::Stream& stream, const StartPoint& start, const BroadcasterOptions& options,
                          SteadyTime now) {
  const WallTime wall_now = stream.control_stamp().time;
  SystemMessage open{"info", "stream_open", start.recovered ? "resumed" : "connected", {}};
  JsonFields fields(open.fields_json);
  fields.text("epoch", stream.encoder().epoch())
      .number("first_seq", static_cast<std::int64_t>(stream.first_seq()))
      .number("last_seq", static_cast<std::int64_t>(stream.head()));
  if (start.has_cursor && !start.gap)
    fields.number("resumed_from", static_cast<std::int64_t>(start.after));
  else
    fields.raw("resumed_from", "null");
  fields.flag("recovered", start.recovered)
      .flag("gap", start.gap.has_value())
      .text("status", name_of(stream.status()))
      .number("heartbeat_s", std::chrono::ceil<seconds>(options.heartbeat).count())
      .text("expires_at", rfc3339(stream.expires_at(wall_now, now)))
      .text("memory_expires_at", rfc3339(stream.memory_expires_at(wall_now, now)))
      .text("store", options.store);
  return open;
}

}  // namespace

SystemMessage gap_notice(const StartPoint::Gap& gap) {
  SystemMessage notice{"warning", "gap", "Events that you missed are no longer available.", {}};
  JsonFields(notice.fields_json)
      .number("from", static_cast<std::int64_t>(gap.from))
      .number("to", static_cast<std::int64_t>(gap.to));
  return notice;
}

// The body ends with the connection and is not chunked: all subscribers of a stream then receive the same bytes, and
// the terminal event marks the end, as a last chunk would (docs/decisions/0004).
std::string event_stream_head(std::string_view extra_headers) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\n"
      "Content-Type: text/event-stream; charset=utf-8\r\n"
      "Cache-Control: no-store, no-transform\r\n"
      "X-Accel-Buffering: no\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "{}"
      "Connection: close\r\n\r\n",
      extra_headers);
}

void append_random_retry(std::string& out, std::chrono::milliseconds window) {
  const auto spread = static_cast<std::uint32_t>(std::max<std::int64_t>(window.count(), 0));
  append_retry(out, random_between(retry_ms_min, retry_ms_min + spread));
}

void append_preamble(std::string& out, const stream::Stream& stream, const StartPoint& start,
                     const BroadcasterOptions& options, SteadyTime now) {
  append_random_retry(out);
  append_opening(out, stream, start, options, now);
}

void append_opening(std::string& out, const stream::Stream& stream, const StartPoint& start,
                    const BroadcasterOptions& options, SteadyTime now) {
  const EventStamp stamp = stream.control_stamp();
  stream.encoder().append_frame(out, Event{stream_open(stream, start, options, now), nullptr}, stamp);
  append_gap(out, stream, start);
}

void append_gap(std::string& out, const stream::Stream& stream, const StartPoint& start) {
  if (start.gap) stream.encoder().append_frame(out, Event{gap_notice(*start.gap), nullptr}, stream.control_stamp());
  if (start.snapshot) out += snapshot_frame(stream, start.after);
}

std::string snapshot_frame(const stream::Stream& stream, std::uint64_t seq) {
  EventStamp stamp = stream.control_stamp();
  stamp.seq = seq;
  std::string frame;
  stream.encoder().append_frame(frame, Event{Snapshot{dump_json(task::state_view(stream))}, nullptr}, stamp);
  return frame;
}

// Each text as a part of a tree or a copy, as JSON, and once more while that grows. Exports have the task as well.
std::size_t render_bytes(const stream::Stream& stream) {
  constexpr std::size_t copies = 3;
  const TaskSpec& spec = stream.info().spec;
  const std::size_t of_task = spec.task.size() + spec.context_json.size() + spec.prior.answer.size();
  return copies * (of_task + stream.with_state([](const stream::StreamState& state) { return state.text_bytes; }));
}

std::string heartbeat_frame(const stream::Stream& stream) {
  std::string frame;
  const Event event{Heartbeat{stream.head(), stream.encoder().epoch(), stream.status()}, nullptr};
  stream.encoder().append_frame(frame, event, stream.control_stamp());
  return frame;
}

std::string draining_frame(const stream::Stream& stream, std::chrono::milliseconds window) {
  const SystemMessage notice{
      "warning", "draining", "The server is shutting down. Reconnect with the id of the last event you received.", {}};
  std::string frame;
  append_random_retry(frame, window);
  stream.encoder().append_frame(frame, Event{notice, nullptr}, stream.control_stamp());
  return frame;
}

}  // namespace plenum::http
