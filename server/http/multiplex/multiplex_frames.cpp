#include "server/http/multiplex/multiplex_frames.h"

#include <algorithm>

#include "common/base/ids.h"
#include "common/json/json_writer.h"
#include "common/sse/encoder.h"
#include "server/http/multiplex/composite_cursor.h"
#include "server/http/sse/control_frames.h"

namespace plenum::http {
namespace {

// The envelope of a frame of the connection, up to the fields of its type.
std::string envelope(std::string_view type, WallTime now) {
  std::string data = R"({"v":1)";
  JsonFields(data, false).text("type", type).text("timestamp", rfc3339(now));
  return data;
}

std::string message_frame(std::string_view id, std::string data) {
  data.push_back('}');
  std::string frame;
  append_frame(frame, id, "system_message", data);
  return frame;
}

}  // namespace

std::string stream_left_frame(const EventEncoder& encoder, const EventStamp& stamp, std::string_view reason,
                              const Error* error) {
  SystemMessage left{error == nullptr ? "info" : "warning",
                     "stream_left",
                     error == nullptr ? "No further events of this stream follow." : error->message,
                     {}};
  JsonFields fields(left.fields_json);
  fields.text("reason", reason);
  if (error != nullptr) fields.raw("error", dump_json(to_json(error_info(*error))));
  std::string frame;
  encoder.append_frame(frame, Event{std::move(left), nullptr}, stamp);
  return frame;
}

std::string multiplex_open_frame(std::string_view id, const MultiplexOpening& opening,
                                 const BroadcasterOptions& options, WallTime now) {
  std::string data = envelope("system_message", now);
  JsonFields(data, false)
      .text("level", "info")
      .text("code", "multiplex_open")
      .text("message", "connected")
      .text("scope", opening.scope)
      .number("streams", static_cast<std::int64_t>(opening.streams))
      .number("streams_max", static_cast<std::int64_t>(multiplexed_streams_max))
      .number("omitted", static_cast<std::int64_t>(opening.omitted))
      .number("heartbeat_s", std::chrono::ceil<seconds>(options.heartbeat).count())
      .text("store", options.store);
  std::string frame;
  append_random_retry(frame);
  return frame + message_frame(id, std::move(data));
}

std::string multiplex_heartbeat_frame(std::size_t streams, WallTime now) {
  std::string data = envelope("heartbeat", now);
  JsonFields(data, false).text("ts", rfc3339(now)).number("streams", static_cast<std::int64_t>(streams));
  data.push_back('}');
  std::string frame;
  append_frame(frame, {}, "heartbeat", data);
  return frame;
}

std::string multiplex_draining_frame(std::chrono::milliseconds window, WallTime now) {
  std::string data = envelope("system_message", now);
  JsonFields(data, false)
      .text("level", "warning")
      .text("code", "draining")
      .text("message", "The server is shutting down. Reconnect with the id of the last event you received.");
  std::string frame;
  append_random_retry(frame, window);
  return frame + message_frame({}, std::move(data));
}

std::string stream_omitted_frame(std::string_view stream_id, WallTime now) {
  std::string data = envelope("system_message", now);
  JsonFields(data, false)
      .text("stream_id", stream_id)
      .text("level", "warning")
      .text("code", "stream_omitted")
      .text("message", "The connection carries as many streams as it can; subscribe to this one by its id.");
  return message_frame({}, std::move(data));
}

}  // namespace plenum::http
