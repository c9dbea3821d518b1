#include "client/cli/full/terminal_keyboard.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>

namespace plenum::client {

TerminalKeyboard::TerminalKeyboard() : fd_(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)) {}

TerminalKeyboard::~TerminalKeyboard() {
  restore();
  if (fd_ >= 0) ::close(fd_);
}

void TerminalKeyboard::enable() {
  termios settings{};
  if (original_ || fd_ < 0 || ::tcgetattr(fd_, &settings) != 0) return;
  original_ = settings;
  settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  // read() returns at once. The descriptor stays blocking: the mode would be shared with other programs.
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  ::tcsetattr(fd_, TCSADRAIN, &settings);
}

void TerminalKeyboard::restore() {
  if (!original_) return;
  ::tcsetattr(fd_, TCSADRAIN, &*original_);
  original_.reset();
}

std::optional<std::string> TerminalKeyboard::read() {
  std::string bytes;
  while (fd_ >= 0) {
    pollfd key{fd_, POLLIN, 0};
    if (::poll(&key, 1, 0) <= 0) return bytes;
    if ((key.revents & POLLIN) == 0) return std::nullopt;
    std::array<char, 256> buffer{};
    const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
    if (size <= 0) return std::nullopt;
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
    constexpr std::size_t bytes_max = 4'096;  // the rest is read next time
    if (bytes.size() >= bytes_max) return bytes;
  }
  return std::nullopt;
}

}  // namespace plenum::client
