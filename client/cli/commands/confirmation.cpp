#include "client/cli/commands/confirmation.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "common/base/strings.h"

namespace plenum::client {

Result<bool> read_yes(int fd, Waiter& waiting) {
  constexpr std::size_t line_bytes_max = 1'024;  // longer input is no yes
  std::string line;
  while (line.find('\n') == line.npos && line.size() < line_bytes_max) {
    std::array<pollfd, 2> inputs{pollfd{fd, POLLIN, 0}, pollfd{waiting.wake_fd(), POLLIN, 0}};
    const int ready = ::poll(inputs.data(), inputs.size(), -1);
    if (ready > 0 && inputs[1].revents != 0 && !waiting.woken()) {
      return Failure(Error{ErrorCode::cancelled, "interrupted before the confirmation"});
    }
    if (ready <= 0 || inputs[0].revents == 0) continue;
    std::array<char, 256> bytes{};
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) break;
    line.append(bytes.data(), static_cast<std::size_t>(count));
  }
  const std::string answer = lower_case(trimmed(std::string_view(line).substr(0, line.find('\n'))));
  return answer == "y" || answer == "yes";
}

Result<void> check_can_confirm(const CommandContext& context) {
  if (context.in_is_terminal && context.err_is_terminal) return {};
  return Failure(Error{ErrorCode::usage, "a deletion must be confirmed, and there is no terminal",
                       "Pass --yes to delete without confirmation."});
}

Result<bool> confirm(const CommandContext& context, std::string_view question) {
  context.output.err(std::string(question) + " [y/N] ");
  context.output.flush();
  return read_yes(context.in_fd, context.waiting);
}

}  // namespace plenum::client
