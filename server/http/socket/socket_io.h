// Non-blocking I/O on a subscriber's socket. Any thread that owns the socket.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
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

// What a subscriber sends: nothing. A little is tolerated (a client's stray newline) and discarded.
enum class PeerInput : std::uint8_t {
  open,    // nothing more for now
  ended,   // the peer has closed its sending side: it may still read (`nc -N`), or it is gone
  broken,  // the connection is lost, or the peer sends too much
};
PeerInput discard_input(int fd);

// A comment, which clients ignore. Sent to a peer whose input has ended: one that is gone replies with a reset.
inline constexpr std::string_view probe_comment = ": end of input\n\n";

// Closes with RST, which discards unsent data: after a plain close, the kernel would hold megabytes for minutes for a
// peer that reads nothing, and the peer would read stale bytes before the end.
void abort_connection(int fd);

}  // namespace plenum::http
