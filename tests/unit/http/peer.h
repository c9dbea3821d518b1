// The client end of a subscriber's connection.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace plenum::tests {

class Peer {
 public:
  explicit Peer(int receive_buffer = 0) {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    server_end = ends[0];
    fd_ = ends[1];
    if (receive_buffer > 0) setsockopt(server_end, SOL_SOCKET, SO_SNDBUF, &receive_buffer, sizeof receive_buffer);
  }
  ~Peer() { close_now(); }
  void close_now() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  // False if the server has closed the connection.
  bool write(const std::string& bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN;
  }
  // Everything that has arrived so far.
  const std::string& read() {
    std::array<char, 65536> buffer;
    ssize_t got = 0;
    while ((got = ::read(fd_, buffer.data(), buffer.size())) > 0)
      seen.append(buffer.data(), static_cast<std::size_t>(got));
    ended = got == 0;
    return seen;
  }
  // The frames that carry an id, as bytes.
  std::string log_bytes() {
    read();
    const auto first = seen.find("\nid: ");
    return first == std::string::npos ? "" : seen.substr(first + 1);
  }
  int server_end = -1;
  std::string seen;
  bool ended = false;

 private:
  int fd_ = -1;
};

}  // namespace plenum::tests
