#include "client/cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace plenum::client {

FdOutput::FdOutput(int out_fd, int err_fd, std::function<bool()> give_up)
    : out_fd_(out_fd), err_fd_(err_fd), give_up_(std::move(give_up)) {}

FdOutput::~FdOutput() { FdOutput::flush(); }

void FdOutput::add(int fd, std::string_view text) {
  if (fd != pending_fd_ || pending_.size() > pending_bytes_max) flush();
  pending_fd_ = fd;
  pending_.append(text);
}

void FdOutput::flush() {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const ssize_t written = ::write(pending_fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR || give_up_()) {
      // A standard error that is gone is no reason to stop; an answer that cannot be written is.
      broken_ = broken_ || pending_fd_ == out_fd_;
      break;
    }
  }
  pending_.clear();
}

std::string Style::painted(std::string_view code, std::string_view text) const {
  if (!colour_ || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

bool wants_colour(ColourMode mode, const ColourEnvironment& environment, bool is_terminal) {
  if (mode != ColourMode::automatic) return mode == ColourMode::always;
  if (!environment.no_color.empty()) return false;
  if (!environment.clicolor_force.empty() && environment.clicolor_force != "0") return true;
  return is_terminal && environment.term != "dumb";
}

}  // namespace plenum::client
