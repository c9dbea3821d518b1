#include "client/cli/terminal/output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace plenum::client {

FdOutput::FdOutput(int out_fd, int err_fd, SignalWaiter& waiting)
    : out_fd_(out_fd), err_fd_(err_fd), waiting_(waiting) {}

FdOutput::~FdOutput() { FdOutput::flush(); }

void FdOutput::add(int fd, std::string_view text) {
  if (!pending_.empty() && (fd != pending_.back().fd || pending_.back().bytes.size() > pending_bytes_max)) flush();
  if (pending_.empty() || pending_.back().fd != fd) pending_.push_back({fd, {}});
  pending_.back().bytes.append(text);
}

void FdOutput::flush() {
  if (std::exchange(flushing_, true)) return;
  while (!pending_.empty()) {
    const Text text = std::move(pending_.front());
    pending_.pop_front();
    write_all(text);
  }
  flushing_ = false;
}

void FdOutput::write_all(const Text& text) {
  if (cause_ != 0 && text.fd == out_fd_) return;  // nothing may follow missing text
  std::string_view rest = text.bytes;
  while (!rest.empty()) {
    // At most the size that a writable pipe accepts without blocking: a blocking write would miss a signal.
    const bool writable = wait_until_writable(text.fd);
    const ssize_t written = writable ? ::write(text.fd, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF)) : -1;
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (!writable || (errno != EINTR && errno != EAGAIN)) {
      // A closed standard error is ignored; an answer that cannot be written is an error.
      if (text.fd == out_fd_) cause_ = writable ? errno : EINTR;
      if (text.fd == err_fd_) errors_lost_ = true;
      return;
    }
  }
}

// Returns false if the wait must end before the descriptor is writable.
bool FdOutput::wait_until_writable(int fd) {
  while (true) {
    std::array<pollfd, 2> events{pollfd{fd, POLLOUT, 0}, pollfd{waiting_.wake_fd(), POLLIN, 0}};
    // After a stop request the attach hint is still written, unless the terminal is halted (Ctrl-S).
    constexpr int stop_timeout_ms = 1'000;
    const int ready = ::poll(events.data(), events.size(), waiting_.stop_requested() ? stop_timeout_ms : -1);
    if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
    if (ready > 0 && events[1].revents != 0 && !waiting_.woken()) return false;
    if (ready > 0 && events[0].revents != 0) return true;
  }
}

std::string write_failure(const Output& output) {
  const int cause = output.cause();
  return fmt::format("cannot write to standard output: {}", cause == 0 ? "it is incomplete" : std::strerror(cause));
}

std::string Style::styled(std::string_view code, std::string_view text) const {
  if (!color_ || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

bool use_color(ColorMode mode, const ColorEnvironment& environment, bool is_terminal) {
  if (mode != ColorMode::automatic) return mode == ColorMode::always;
  if (!environment.no_color.empty()) return false;
  if (!environment.clicolor_force.empty() && environment.clicolor_force != "0") return true;
  return is_terminal && environment.term != "dumb";
}

}  // namespace plenum::client
