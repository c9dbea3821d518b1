#include "client/settings/stored_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace plenum::client {
namespace {

namespace fs = std::filesystem;

// 0, or the errno of what failed. Closes the descriptor.
int fill(int fd, std::string_view text) {
  int reason = 0;
  while (!text.empty() && reason == 0) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) reason = errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  // Without it, a crash may leave an empty file in place of the old one.
  if (reason == 0 && ::fsync(fd) != 0 && errno != EINVAL) reason = errno;
  if (::close(fd) != 0 && reason == 0) reason = errno;
  return reason;
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view text, std::string_view what) {
  const auto failure = [&](int reason) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("{} {} cannot be written: {}", what, path, std::strerror(reason)),
                         "Check the permissions of its directory, or set PLENUM_CONFIG_DIR to another one."});
  };
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  fs::create_directories(parent.parent_path(), error);
  if (!error && ::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) return failure(errno);
  if (error) return failure(error.value());
  // A link to a file elsewhere, such as in a repository of settings, stays a link.
  fs::path target = fs::weakly_canonical(path, error);
  if (error) target = path;
  std::string temporary = target.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return failure(errno);
  int reason = fill(fd, text);
  if (reason == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) reason = errno;
  if (reason == 0) return {};
  ::unlink(temporary.c_str());
  return failure(reason);
}

}  // namespace plenum::client
