#include "tests/support/net/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// True when the descriptor became ready in time.
bool await(int fd, short events, Deadline deadline) {
  pollfd waiting{fd, events, 0};
  while (true) {
    int ready = poll(&waiting, 1, deadline.left_ms());
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

void Fd::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Fd::reset() {
  if (fd_ < 0) return;
  linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

Fd listen_loopback(std::uint16_t& port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd.get(), 4096) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw Failure("no loopback port to listen on");
  }
  port = ntohs(address.sin_port);
  return fd;
}

Fd connect_loopback(std::uint16_t port, int receive_buffer) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  // Before connect: the window that is offered to the peer is settled in the handshake.
  if (receive_buffer > 0) setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address = loopback(port);
  while (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    int why = errno;
    fd.close();
    errno = why;
    break;
  }
  return fd;
}

bool send_all(int fd, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!await(fd, POLLOUT, deadline)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Received receive(int fd, std::string& out, Deadline deadline, std::size_t bytes_max) {
  std::array<char, 65'536> buffer;
  while (true) {
    ssize_t got = recv(fd, buffer.data(), std::min(buffer.size(), bytes_max), MSG_DONTWAIT);
    if (got > 0) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
      return Received::bytes;
    }
    if (got == 0) return Received::end;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!await(fd, POLLIN, deadline)) return Received::nothing;
    } else if (errno != EINTR) {
      return Received::reset;
    }
  }
}

}  // namespace plenum::tests
