// The send buffers of the kernel: what a client that reads nothing may cost there. Any thread.
#pragma once

#include <cstddef>
#include <optional>

namespace plenum::http {

// Accepted sockets inherit these options of the listening one, so that they cost no call.
//   SO_SNDBUF         the kernel doubles it for its own bookkeeping: memory of one full socket, about 192 KiB
//   TCP_NOTSENT_LOWAT bytes that wait behind those in flight: the socket is writable again below it
// Sources: socket(7), tcp(7); Linux, Documentation/networking/ip-sysctl.rst (tcp_notsent_lowat).
void bound_send_buffer(int fd);

// Bytes that the peer has not acknowledged; absent if the kernel does not tell. Source: tcp(7), SIOCOUTQ.
std::optional<std::size_t> unacknowledged_bytes(int fd);

// What one socket whose buffer is full is charged with.
inline constexpr std::size_t full_socket_bytes = 192 * 1024;

}  // namespace plenum::http
