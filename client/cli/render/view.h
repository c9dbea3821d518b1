// The output of a stream for users or programs: takes events, writes to an Output. No network access.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/event.h"

namespace plenum::client {

enum class Notice : std::uint8_t { progress, warning, error };

// What the user requested in a view with keys.
struct ViewRequest {
  enum class Kind : std::uint8_t { leave, cancel, skip };
  Kind kind = Kind::leave;
  std::string member{};  // to skip
};

// Not thread-safe: the thread of the command.
class View {
 public:
  virtual ~View() = default;
  // json: the event's data as received, on one line.
  virtual void on_event(const ReceivedEvent& event, std::string_view json) = 0;
  // A message of the client that cannot wait: a lost connection, a pending cancel, the end.
  virtual void notice(Notice level, std::string_view text) = 0;
  // A message about the stream, which may wait until the text that is being written reaches the end of a line.
  virtual void remark(Notice level, std::string_view text) { notice(level, text); }
  // The stream is left before its end: writes text that was received and is still held back, and removes what must not
  // stay on the screen. No event follows.
  virtual void leave() {}
  // The newest event such that everything up to it, of which the view ever shows something, was written to the output:
  // reading the stream after it loses no text. Nothing: no event, so the stream must be read from where it was begun.
  virtual std::optional<std::uint64_t> shown_through() const = 0;
  virtual void flush() = 0;
  // Called before every wait for the server: draws what changes with time. Returns the longest time until the next
  // call.
  virtual milliseconds refresh() { return milliseconds::max(); }
  // The program is about to be stopped (Ctrl-Z): removes what would be in the way of a shell. Drawn again by refresh().
  virtual void suspend() {}
  // What the user requested since the last call; called after refresh().
  virtual std::optional<ViewRequest> take_request() { return std::nullopt; }
  // The view is read after the end of the stream, until the user closes it.
  virtual bool stays_open() const { return false; }
};

}  // namespace plenum::client
