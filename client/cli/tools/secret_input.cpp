#include "client/cli/tools/secret_input.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace plenum::client {
namespace {

constexpr std::size_t secret_bytes_max = std::size_t{64} << 10;

// Echo is off during its lifetime.
class HiddenTyping {
 public:
  explicit HiddenTyping(int fd) : fd_(fd), is_terminal_(::tcgetattr(fd, &before_) == 0) {
    if (!is_terminal_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ICANON | ECHONL;  // the end of the line is shown
    ::tcsetattr(fd_, TCSAFLUSH, &hidden);
  }
  ~HiddenTyping() {
    if (is_terminal_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

 private:
  const int fd_;
  termios before_{};
  const bool is_terminal_;
};

}  // namespace

Result<std::string> read_secret(const CommandContext& context, const std::string& prompt) {
  if (context.in_is_terminal) context.output.err(prompt);
  context.output.flush();
  const HiddenTyping hidden(context.in_fd);
  std::string text;
  while (!context.in_is_terminal || text.find('\n') == text.npos) {
    std::array<pollfd, 2> inputs{pollfd{context.in_fd, POLLIN, 0}, pollfd{context.waiting.wake_fd(), POLLIN, 0}};
    const int ready = ::poll(inputs.data(), inputs.size(), -1);
    if (ready > 0 && inputs[1].revents != 0 && !context.waiting.woken()) {
      return Failure(Error{ErrorCode::cancelled, "interrupted before the key was read"});
    }
    if (ready <= 0 || inputs[0].revents == 0) continue;
    std::array<char, 4'096> bytes{};
    const ssize_t count = ::read(context.in_fd, bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > secret_bytes_max) {
      return Failure(
          Error{ErrorCode::usage, "standard input has more than 64 KiB, which is no key", "Send the key only."});
    }
  }
  return text;
}

}  // namespace plenum::client
