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
  bool is_line = false;       // no event: `data` is a line that is no field of the standard
};

// Not thread-safe: one decoder per connection.
class SseDecoder {
 public:
  // Lines that are no field of the standard: it ignores them, but some servers write the JSON of an error between the
  // events. An emitted line ends the event before it, so that both stay in order.
  enum class OtherLines : std::uint8_t { ignored, emitted };

  // event_bytes_max: limit of each line and of the data of each event.
  explicit SseDecoder(std::size_t event_bytes_max = 1 << 20, OtherLines other_lines = OtherLines::ignored)
      : event_bytes_max_(event_bytes_max), other_lines_(other_lines) {}

  // Appends every event completed by `bytes` to `out`; an incomplete event is buffered. Fails with frame_too_large past
  // event_bytes_max; the decoder must then be discarded.
  Result<void> feed(std::string_view bytes, std::vector<SseEvent>& out);
  // Appends what the end of the body left incomplete: at most two events and a line. The standard discards it, but
  // upstreams that end without a blank line are common. Call once, after the last feed().
  void finish(std::vector<SseEvent>& out);

  // The cursor: the last id seen in a dispatched block, for Last-Event-ID.
  const std::string& last_event_id() const { return last_event_id_; }
  // The last `retry:` seen, in milliseconds.
  std::optional<std::uint64_t> retry_ms() const { return retry_ms_; }

 private:
  void skip_byte_order_mark(std::string_view& bytes);
  void take_line(std::string_view line, std::vector<SseEvent>& out);
  bool take_field(std::string_view name, std::string_view value);
  void dispatch(std::vector<SseEvent>& out);
  void emit(std::vector<SseEvent>& out);
  void take_other(std::string_view line, std::vector<SseEvent>& out);

  std::size_t event_bytes_max_;
  OtherLines other_lines_;
  std::string line_;  // the incomplete line
  std::string event_;
  std::string data_;
  std::string id_buffer_;
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_ms_;
  std::size_t bom_seen_ = 0;  // skipped bytes of a byte order mark; 3 or more: done
  bool after_cr_ = false;
  bool has_data_ = false;
  bool failed_ = false;
};

}  // namespace plenum
