#include "tests/unit/storage/sync_probe.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <mutex>
#include <utility>

namespace plenum::tests {

namespace {

std::mutex mutex;
std::function<int(const std::string&)> listener;  // guarded by mutex

std::string path_of(int fd) {
  std::array<char, PATH_MAX> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  return {path.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

int sync(int fd, long number) {
  {
    std::lock_guard lock(mutex);
    if (const int fault = listener ? listener(path_of(fd)) : 0; fault != 0) {
      errno = fault;
      return -1;
    }
  }
  return static_cast<int>(::syscall(number, fd));
}

}  // namespace

SyncProbe::SyncProbe(std::function<int(const std::string&)> on_sync) {
  std::lock_guard lock(mutex);
  listener = std::move(on_sync);
}

SyncProbe::~SyncProbe() {
  std::lock_guard lock(mutex);
  listener = nullptr;
}

extern "C" int fsync(int fd) { return sync(fd, SYS_fsync); }
extern "C" int fdatasync(int fd) { return sync(fd, SYS_fdatasync); }

}  // namespace plenum::tests
