// The position of a reader in a stream. Classifies the next event: in order, duplicate, or after a gap.
// Source: docs/protocol.md, "Order and delivery". Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/protocol/event.h"

namespace plenum::client {

enum class Verdict : std::uint8_t {
  next,        // the next event of the stream: deliver it
  control,     // belongs to the connection and has no id
  duplicate,   // delivered before: drop it
  gap,         // at least one event before it is missing: read again from the cursor
  invalid_id,  // its id does not match its data
};

class StreamCursor {
 public:
  // From the first event.
  StreamCursor() = default;
  // After this event; the epoch is read from the stream.
  static StreamCursor after(std::uint64_t seq);
  // From the first event that arrives.
  static StreamCursor from_now();

  // Classifies an event; `next` moves the cursor past it. frame_id is the id of the frame.
  Verdict take(const ReceivedEvent& event, std::string_view frame_id);

  // Of a reconnect: Last-Event-ID if the epoch is known; otherwise empty, and seq() is sent as `after`.
  std::string last_event_id() const;
  std::uint64_t seq() const { return seq_; }
  bool starts_now() const { return !seq_known_; }

 private:
  void note_message(const SystemMessage& message);

  std::string epoch_;           // empty: not known yet
  std::uint64_t seq_ = 0;       // of the last delivered event, or the start position
  bool seq_known_ = true;       // false: started "from now", whose number is not known yet
  bool gap_announced_ = false;  // the server reported lost events: the next id may be any later one
};

}  // namespace plenum::client
