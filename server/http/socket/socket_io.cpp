#include "server/http/socket/socket_io.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace plenum::http {
namespace {

template <class F>
Sent repeat_send(F&& send) {
  for (;;) {
    const ssize_t sent = send();
    if (sent >= 0) return {.bytes = static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    const bool full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
    return {.would_block = full, .failed = !full};
  }
}

}  // namespace

Sent send_some(int fd, std::string_view bytes) {
  return repeat_send([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
}

Sent send_some(int fd, std::span<iovec> parts) {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return repeat_send([&] { return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

PeerInput discard_input(int fd) {
  std::array<char, 4096> discarded;
  for (int reads = 0; reads < 4; ++reads) {
    const ssize_t got = ::recv(fd, discarded.data(), discarded.size(), MSG_DONTWAIT);
    if (got == 0) return PeerInput::ended;
    if (got > 0) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? PeerInput::open : PeerInput::broken;
  }
  return PeerInput::broken;
}

void abort_connection(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(fd);
}

}  // namespace plenum::http
