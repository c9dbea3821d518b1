#include "client/cli/files/file_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

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

// Gives the temporary file its name; 0, or the errno.
int published(const std::string& temporary, const std::string& target, Existing existing) {
  // A link fails if the name exists, also if it was created since the check. Some file systems have no links.
  if (existing == Existing::fail && ::link(temporary.c_str(), target.c_str()) == 0) {
    ::unlink(temporary.c_str());
    return 0;
  }
  if (existing == Existing::fail && errno == EEXIST) return errno;
  return ::rename(temporary.c_str(), target.c_str()) == 0 ? 0 : errno;
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

Result<void> check_target(const std::string& path, Existing existing) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return not_opened(path, EISDIR);
    const bool overwrites = existing == Existing::overwrite || !S_ISREG(found.st_mode);
    return overwrites ? Result<void>() : not_opened(path, EEXIST);
  }
  const std::string directory = std::filesystem::path(path).parent_path().string();
  if (::access(directory.empty() ? "." : directory.c_str(), W_OK | X_OK) != 0) return not_opened(path, errno);
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view text, Existing existing) {
  if (const auto allowed = check_target(path, existing); !allowed) return allowed;
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    return write_file(path, text, Existing::overwrite);
  }
  // A symbolic link stays one: its target is replaced.
  const std::string target = std::filesystem::weakly_canonical(path, error).string();
  std::string temporary = (error ? path : target) + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) return not_opened(path, errno);
  const ::mode_t mask = ::umask(0);
  ::umask(mask);
  int reason = write_all(fd, text);
  if (reason == 0 && ::fchmod(fd, 0666 & ~mask) != 0) reason = errno;
  if (reason == 0 && ::fsync(fd) != 0) reason = errno;
  if (::close(fd) != 0 && reason == 0) reason = errno;
  if (reason == 0) reason = published(temporary, error ? path : target, existing);
  if (reason == 0) return {};
  ::unlink(temporary.c_str());
  if (reason == EEXIST) return not_opened(path, reason);
  return Failure(Error{ErrorCode::internal,
                       fmt::format("the file {} could not be written: {}", path, std::strerror(reason)),
                       "Free disk space, or choose another directory."});
}

}  // namespace plenum::client
