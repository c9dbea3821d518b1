#include "server/telemetry/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>

namespace plenum::telemetry {
namespace {

bool is_socket(int fd) {
  struct stat file {};
  return ::fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);
}

// -1 for regular files, whose offset belongs to the description, and for sockets, which have only one.
int open_nonblocking(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0 || (!S_ISFIFO(file.st_mode) && ::isatty(fd) == 0)) return -1;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return ::open(link.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

LogOutput::LogOutput(int fd)
    : fd_(fd), socket_(is_socket(fd)), own_(open_nonblocking(fd)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) std::abort();
}

LogOutput::~LogOutput() {
  if (own_ >= 0) ::close(own_);
  ::close(wake_);
}

void LogOutput::end_within(milliseconds limit) {
  std::int64_t none = 0;
  end_ns_.compare_exchange_strong(none, steady_ns() + std::chrono::nanoseconds(limit).count());
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

std::optional<milliseconds> LogOutput::time_left() const {
  const std::int64_t end = end_ns_.load();
  if (end == 0) return std::nullopt;
  return std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(std::max<std::int64_t>(end - steady_ns(), 0)));
}

bool LogOutput::write(std::string_view text) {
  while (!failed_ && !text.empty()) {
    const std::ptrdiff_t written = write_piece(text.substr(0, PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      failed_ = !wait_writable();
    } else if (errno != EINTR) {
      return false;
    }
  }
  return text.empty();
}

std::ptrdiff_t LogOutput::write_piece(std::string_view piece) const {
  if (own_ >= 0) return ::write(own_, piece.data(), piece.size());
  if (socket_) return ::send(fd_, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  pollfd ready{fd_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 1) return ::write(fd_, piece.data(), piece.size());
  errno = EAGAIN;
  return -1;
}

// False if the time is over. Once there is a limit, the eventfd is readable for good and no longer waited for.
bool LogOutput::wait_writable() const {
  const auto left = time_left();
  if (left && left->count() == 0) return false;
  pollfd entries[] = {{own_ >= 0 ? own_ : fd_, POLLOUT, 0}, {left ? -1 : wake_, POLLIN, 0}};
  ::poll(entries, 2, left ? static_cast<int>(left->count()) : -1);
  return true;
}

}  // namespace plenum::telemetry
