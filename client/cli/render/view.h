// The output of a stream for users or programs: takes events, writes to an Output. No network access.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/protocol/event.h"

namespace plenum::client {

enum class Notice : std::uint8_t { progress, warning, error };

// Not thread-safe: the thread of the command.
class View {
 public:
  virtual ~View() = default;
  // json: the event's data as received, on one line.
  virtual void on_event(const ReceivedEvent& event, std::string_view json) = 0;
  // A message of the client: a lost connection, a pending cancel.
  virtual void notice(Notice level, std::string_view text) = 0;
  virtual void flush() = 0;
};

}  // namespace plenum::client
