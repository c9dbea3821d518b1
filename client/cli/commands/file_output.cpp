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
    return Failure(Error{ErrorCode::usage, fmt::format("the file {} already exists", path),
                         "Choose another name, or pass --force to overwrite it."});
  }
  return Failure(Error{ErrorCode::usage, fmt::format("the file {} cannot be written: {}", path, std::strerror(reason)),
                       "Check that its directory exists and is writable."});
}

// 0, or the errno of an incomplete write.
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
  // O_EXCL checks and creates in one step: a separate check would miss a file created in between.
  const int how = existing == Existing::fail ? O_EXCL : O_TRUNC;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
  if (fd < 0) return not_opened(path, errno);
  int reason = write_all(fd, text);
  // Some file systems report a full disk only at close.
  if (::close(fd) != 0 && reason == 0) reason = errno;
  if (reason == 0) return {};
  if (existing == Existing::fail) ::unlink(path.c_str());
  return Failure(Error{ErrorCode::internal,
                       fmt::format("the file {} could not be written completely: {}", path, std::strerror(reason)),
                       existing == Existing::fail ? "It was removed. Free disk space, or choose another directory."
                                                  : "The file is incomplete. Free disk space and try again."});
}

}  // namespace plenum::client
