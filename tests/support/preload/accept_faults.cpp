// Loaded in front of the C library (LD_PRELOAD): makes one accept in PLENUM_ACCEPT_FAULTS fail, each
// time with the next of the errors that accept(2) lists as not caused by the server.
// The connection stays in the queue, so a server that continues to accept loses none.
#include <dlfcn.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <iterator>

namespace {

constexpr int errors[] = {ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTO, EPERM};

// The error of this call; 0: none.
int error_now() {
  static const int every = [] {
    const char* text = std::getenv("PLENUM_ACCEPT_FAULTS");
    return text == nullptr ? 0 : std::atoi(text);
  }();
  static std::atomic<unsigned> calls{0};
  unsigned call = ++calls;
  if (every <= 0 || call % static_cast<unsigned>(every) != 0) return 0;
  return errors[(call / static_cast<unsigned>(every)) % std::size(errors)];
}

}  // namespace

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  using Accept4 = int (*)(int, sockaddr*, socklen_t*, int);
  static const auto next = reinterpret_cast<Accept4>(dlsym(RTLD_NEXT, "accept4"));
  int error = error_now();
  if (error == 0) return next(fd, address, size, flags);
  errno = error;
  return -1;
}

int accept(int fd, sockaddr* address, socklen_t* size) { return accept4(fd, address, size, 0); }
}
