// Splits a byte stream into server-sent events, however the bytes are fragmented.
// Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace plenum {

struct SseEvent {
  std::string event;          // empty: the default, "message"
  std::string data;           // lines joined by LF
  std::string last_event_id;  // the cursor after this event; from an earlier event if this one has no id
};

// Not thread-safe: one decoder per connection.
class SseDecoder {
 public:
  // event_bytes_max: limit of each line and of the data of each event. stray_bytes_max: limit of stray().
  explicit SseDecoder(std::size_t event_bytes_max = 1 << 20, std::size_t stray_bytes_max = 0)
      : event_bytes_max_(event_bytes_max), stray_bytes_max_(stray_bytes_max) {}

  // Appends every event completed by `bytes` to `out`; an incomplete event is buffered. Fails with frame_too_large past
  // event_bytes_max; the decoder must then be discarded.
  Result<void> feed(std::string_view bytes, std::vector<SseEvent>& out);
  // The incomplete event at the end of the body. The standard discards it, but upstreams that end without a blank line
  // are common.
  std::optional<SseEvent> unfinished();

  // The cursor: the last id seen in a dispatched block, for Last-Event-ID.
  const std::string& last_event_id() const { return last_event_id_; }
  // The first lines that are no field of the standard, each with an LF: some servers write the JSON of an error between
  // the events. Lines past stray_bytes_max are omitted.
  const std::string& stray() const { return stray_; }
  // The last `retry:` seen, in milliseconds.
  std::optional<std::uint64_t> retry_ms() const { return retry_ms_; }

 private:
  void skip_byte_order_mark(std::string_view& bytes);
  void take_line(std::string_view line, std::vector<SseEvent>& out);
  bool take_field(std::string_view name, std::string_view value);
  void dispatch(std::vector<SseEvent>& out);
  void take_stray(std::string_view line);

  std::size_t event_bytes_max_;
  std::size_t stray_bytes_max_;
  std::string line_;  // the incomplete line
  std::string event_;
  std::string data_;
  std::string stray_;
  std::string id_buffer_;
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_ms_;
  std::size_t bom_seen_ = 0;  // skipped bytes of a byte order mark; 3 or more: done
  bool after_cr_ = false;
  bool has_data_ = false;
  bool failed_ = false;
};

}  // namespace plenum
