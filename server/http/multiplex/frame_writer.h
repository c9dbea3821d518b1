// Writes frames of several streams to one socket. Each frame is sent from the shared bytes of its chunk; only its `id`
// line is replaced, by the cursor of the whole connection. Only on the connection's loop.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/socket/socket_io.h"

namespace plenum::http {

// One frame without the line of its own id.
struct SplitFrame {
  std::string_view seq;   // of its id, in decimal; empty: the frame has no id
  std::string_view body;  // from the event line on
  std::size_t bytes = 0;  // of the frame as it was
};
// The first frame of whole frames. Pure: any thread.
SplitFrame split_frame(std::string_view frames);

// The text of an id around the number of one stream.
struct CursorFrame {
  std::string before, after;  // without `id: ` and the line end
};

class FrameWriter {
 public:
  // The result of a write.
  struct Written {
    std::size_t consumed = 0;   // bytes of the given frames: sent, or waiting in rest()
    std::string_view last_seq;  // the number of the last consumed frame with an id; empty: none
    bool would_block = false, failed = false;
    std::size_t sent = 0;  // bytes that the socket accepted
  };

  // Writes the first of these frames, as many as fit one call, with the ids of this stream in `cursor`. rest() must be
  // empty.
  Written write(int fd, std::string_view frames, const CursorFrame& cursor);
  // Writes the rest of a frame that the socket accepted in part.
  Sent flush(int fd);
  // Bytes that precede all other frames.
  void add(std::string_view bytes) { rest_.append(bytes); }
  bool has_rest() const { return sent_ < rest_.size(); }

 private:
  static constexpr std::size_t frames_max = 64;  // in one call
  static constexpr std::size_t parts_per_frame = 5;

  void keep_rest(std::size_t first_part, std::size_t offset, std::size_t end_part);

  std::string rest_;
  std::size_t sent_ = 0;  // of rest_
  std::array<iovec, frames_max * parts_per_frame> parts_{};
};

}  // namespace plenum::http
