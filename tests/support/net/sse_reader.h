// Reads a stream as a careful client does and keeps the exact bytes of every frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"
#include "tests/support/deadline.h"
#include "tests/support/net/headers.h"
#include "tests/support/net/http_text.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

struct Frame {
  std::string bytes;  // as they came, blank line included
  std::string id;     // of the frame; empty: none
  std::string event;
  std::string data;

  // Throws Failure when data is no JSON object.
  Json json() const;
  bool terminal() const { return data.find("\"terminal\":true") != std::string::npos; }
};

enum class StreamEnd : std::uint8_t {
  open,      // not ended yet, or the deadline passed first
  finished,  // the body ended as its framing requires
  lost,      // the connection broke, or ended in the middle of a frame
};

// One connection to an events route. It never throws after construction, so that many can be read in
// threads. One thread.
class SseReader {
 public:
  // Sends the request and reads the head of the answer. receive_buffer in bytes, 0 for the system's choice.
  SseReader(std::uint16_t port, std::string_view target, const Headers& headers = {}, int receive_buffer = 0);

  // 0 when no head came.
  int status() const { return status_; }
  std::string header(const std::string& lower_case_name) const;
  std::uint64_t retry_ms() const { return retry_ms_; }  // the last `retry:`; 0: none
  // What the decoder and the frames disagree about; empty when all is well.
  const std::string& fault() const { return fault_; }

  // Everything read so far, control frames included.
  const std::vector<Frame>& frames() const { return frames_; }
  StreamEnd end() const { return end_; }

  // Reads until the condition holds of a frame (true), or the stream ends or the deadline passes (false).
  template <class Condition>
  bool read_until(Condition condition, Deadline deadline) {
    while (true) {
      for (; looked_at_ < frames_.size(); ++looked_at_) {
        if (condition(frames_[looked_at_])) return ++looked_at_, true;
      }
      if (end_ != StreamEnd::open || !read_some(deadline)) return false;
    }
  }
  bool read_event(std::string_view name, Deadline deadline) {
    return read_until([&](const Frame& frame) { return frame.event == name; }, deadline);
  }
  // Reads to the end of the body.
  StreamEnd read_all(Deadline deadline);
  // Reads until this many bytes of the body have arrived, then disconnects, at any position in a frame.
  void read_bytes_then_leave(std::size_t body_bytes, Deadline deadline);
  void leave() { socket_.close(); }

  // Of the frames that carry an id, in order.
  std::vector<Frame> numbered() const;
  std::string last_id() const;
  int fd() const { return socket_.get(); }

 private:
  bool read_some(Deadline deadline, std::size_t bytes_max = 65'536);
  void take_frames();

  Fd socket_;
  int status_ = 0;
  std::map<std::string, std::string> headers_;
  std::string raw_;       // from the socket, not yet unframed
  std::string unframed_;  // of the body, no whole frame yet
  std::size_t body_bytes_ = 0;
  ChunkedBody chunks_;
  std::vector<Frame> frames_;
  std::size_t looked_at_ = 0;
  std::uint64_t retry_ms_ = 0;
  std::string fault_;
  StreamEnd end_ = StreamEnd::open;
};

// The number in an id `<epoch>-<seq>`; 0 when it is none.
std::uint64_t seq_of(std::string_view id);

}  // namespace plenum::tests
