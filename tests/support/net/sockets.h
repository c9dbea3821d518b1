// Plain loopback sockets with deadlines. Any thread; one thread per descriptor at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/deadline.h"

namespace plenum::tests {

// Owns one descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { close(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();
  // Ends the connection with a reset instead of an ordinary end.
  void reset();

 private:
  int fd_ = -1;
};

// A listening socket on a free loopback port. Throws Failure.
Fd listen_loopback(std::uint16_t& port);
// A connection; receive_buffer in bytes, 0 for the system's own choice. Empty with errno on refusal.
Fd connect_loopback(std::uint16_t port, int receive_buffer = 0);

// False when the other side has gone or the deadline has passed first.
bool send_all(int fd, std::string_view bytes, Deadline deadline);

enum class Received : std::uint8_t { bytes, end, reset, nothing };
// Waits for bytes and appends at most bytes_max of them. `nothing`: the deadline passed first.
Received receive(int fd, std::string& out, Deadline deadline, std::size_t bytes_max = 65'536);

}  // namespace plenum::tests
