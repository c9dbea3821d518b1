// Cuts the body of an event stream into frames and keeps their exact bytes. It is strict and no model for a
// client: a frame that violates docs/protocol.md is a finding. Not thread-safe: one for each connection.
#pragma once

#include <string>
#include <string_view>

namespace plenum::tests {

// Views into the cutter's buffer, good until it is fed again.
struct CutFrame {
  std::string_view id;  // empty: a control frame
  std::string_view event;
  std::string_view data;
  std::string_view bytes;  // from `id: ` or `event: ` to the blank line; `retry:` belongs to the connection
};

class FrameCutter {
 public:
  void feed(std::string_view bytes);
  // The next whole frame; false while there is none. With a fault, frame.bytes is what could not be read.
  bool next(CutFrame& frame);
  // The last frame was not built as it must be.
  bool fault() const { return fault_; }
  // No frame has been begun and not ended.
  bool clean() const { return at_ == buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t at_ = 0;  // what lies before it was taken
  bool fault_ = false;
};

}  // namespace plenum::tests
