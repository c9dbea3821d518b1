// Where a reader is in a stream, and what that makes of the next event: news, a repeat or a hole.
// Source: docs/protocol.md, "Order and delivery" (exactly once for a reader that drops the ids it
// has seen; never a silent gap). Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/protocol/event.h"

namespace plenum::client {

enum class Verdict : std::uint8_t {
  fresh,    // the next event of the stream: deliver it
  control,  // belongs to the connection, carries no id
  repeat,   // seen already: drop it
  hole,     // at least one event before it is missing: read again from the cursor
  forged,   // its id does not belong to its data
};

class StreamCursor {
 public:
  // From the first event.
  StreamCursor() = default;
  // After this position; the epoch is learned from the stream.
  static StreamCursor after(std::uint64_t seq);
  // From whatever comes first.
  static StreamCursor from_now();

  // Judges an event and, when it is fresh, moves past it. frame_id is the frame's own id as text.
  Verdict take(const ReceivedEvent& event, std::string_view frame_id);

  // What a reconnect asks for: Last-Event-ID when the epoch is known, else `after`, else neither.
  std::string last_event_id() const;
  std::uint64_t seq() const { return seq_; }
  bool starts_now() const { return !seq_known_; }

 private:
  void learn(const SystemMessage& message);

  std::string epoch_;           // empty: not known yet
  std::uint64_t seq_ = 0;       // of the last event that was delivered, or where the reader began
  bool seq_known_ = true;       // false: started "from now" and nothing has said where that is
  bool gap_announced_ = false;  // the server has said that events are lost: the next id may be any later one
};

}  // namespace plenum::client
