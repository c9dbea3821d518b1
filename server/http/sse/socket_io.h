// What a reader's socket can be asked: write without waiting, look whether the peer is there, cut. Any thread
// that owns the socket.
#pragma once

#include <cstddef>
#include <string_view>

namespace plenum::http {

// What a socket took: bytes, nothing now, or never again.
struct Sent {
  std::size_t bytes = 0;
  bool would_block = false;
  bool failed = false;
};
Sent send_some(int fd, std::string_view bytes);

// A reader has nothing to say. A little is forgiven, e.g. a client's stray newline; its end is what counts.
bool peer_still_there(int fd);

// What the system still holds for the peer is dropped with the connection: a peer that takes nothing would
// keep megabytes of it for minutes after a plain close, and would read stale bytes before it heard of its end.
void close_at_once(int fd);

}  // namespace plenum::http
