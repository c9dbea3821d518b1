// Non-blocking I/O on a subscriber's socket. Any thread that owns the socket.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string_view>

namespace plenum::http {

// The result of a write: bytes accepted, socket full, or connection lost.
struct Sent {
  std::size_t bytes = 0;
  bool would_block = false;
  bool failed = false;
};
Sent send_some(int fd, std::string_view bytes);
// Several parts in one call, at most 1024.
Sent send_some(int fd, std::span<iovec> parts);

// False at the end of the peer's data. Subscribers send no data: a little is tolerated (a client's stray newline) and
// discarded, more counts as an end.
bool peer_is_open(int fd);

// Closes with RST, which discards unsent data: after a plain close, the kernel would hold megabytes for minutes for a
// peer that reads nothing, and the peer would read stale bytes before the end.
void abort_connection(int fd);

}  // namespace plenum::http
