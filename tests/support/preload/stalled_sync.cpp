// Loaded in front of the C library (LD_PRELOAD): while the file that PLENUM_STALL_SYNC names exists, fsync and
// fdatasync do not return, as on a disk that hangs. They continue as soon as the file is removed. A call that waits
// creates a second file, with `.held` behind that name.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

int sync_when_free(const char* function, int fd) {
  using Sync = int (*)(int);
  const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, function));
  static const char* const flag = std::getenv("PLENUM_STALL_SYNC");
  bool held = false;
  while (flag != nullptr && access(flag, F_OK) == 0) {
    if (!held) close(open((std::string(flag) + ".held").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    held = true;
    poll(nullptr, 0, 2);
  }
  return next(fd);
}

}  // namespace

extern "C" {

int fsync(int fd) { return sync_when_free("fsync", fd); }
int fdatasync(int fd) { return sync_when_free("fdatasync", fd); }
}
