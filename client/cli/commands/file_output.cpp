#include "client/cli/commands/file_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace plenum::client {
namespace {

Failure not_opened(const std::string& path, int reason) {
  if (reason == EEXIST) {
    return Failure(Error{ErrorCode::usage, fmt::format("the file {} exists already", path),
                         "Choose another name, or overwrite it with --force."});
  }
  return Failure(Error{ErrorCode::usage, fmt::format("the file {} cannot be written: {}", path, std::strerror(reason)),
                       "Check its folder and that you may write there."});
}

// 0, or the reason why not all of it was taken.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace

Result<void> write_file(const std::string& path, std::string_view text, Existing existing) {
  // The system decides in one step: a look first would miss a file that appears in between.
  const int how = existing == Existing::keep ? O_EXCL : O_TRUNC;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
  if (fd < 0) return not_opened(path, errno);
  int reason = write_all(fd, text);
  // Some file systems tell only now that there was no room.
  if (::close(fd) != 0 && reason == 0) reason = errno;
  if (reason == 0) return {};
  if (existing == Existing::keep) ::unlink(path.c_str());
  return Failure(Error{ErrorCode::internal,
                       fmt::format("the file {} could not be written whole: {}", path, std::strerror(reason)),
                       existing == Existing::keep ? "It was removed again; make room, or choose another place."
                                                  : "What is there is incomplete; make room and try again."});
}

}  // namespace plenum::client
