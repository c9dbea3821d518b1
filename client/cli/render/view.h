// What a person or a program sees of a stream. Fed with events, writes to an Output; knows no network.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/protocol/event.h"

namespace plenum::client {

enum class Notice : std::uint8_t { progress, warning, error };

// Only the thread of the commands.
class View {
 public:
  virtual ~View() = default;
  // json is the event's data as it was received, on one line.
  virtual void on_event(const ReceivedEvent& event, std::string_view json) = 0;
  // Something the client itself has to say: a lost connection, a cancel on its way.
  virtual void notice(Notice level, std::string_view text) = 0;
  virtual void flush() = 0;
};

}  // namespace plenum::client
