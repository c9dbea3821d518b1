#include "server/app/process.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace plenum::app {

namespace {

// Never called, because the signal is blocked in all threads; but signalfd(2) does not return ignored signals.
void ignore(int) {}

}  // namespace

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);  // a server outlives its terminal
  return set;
}

void ensure_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // open() returns the lowest free number, which is this one: those below are open.
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) std::abort();
  }
}

void prepare_process() {
  const sigset_t handled = handled_signals();
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  std::signal(SIGHUP, ignore);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is handled like a full disk

  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  // Provider keys are in memory: no core file, and no debugger of another process of this user.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__)  // the leak checker needs ptrace
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

void wipe_variable(const std::string& name) {
  if (name.empty()) return;
  // The kernel shows the memory that the process was started with, not what environ points to by now.
  if (char* value = std::getenv(name.c_str())) explicit_bzero(value, std::strlen(value));
  unsetenv(name.c_str());
}

WakeUp::WakeUp() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) std::abort();
}

WakeUp::~WakeUp() { close(fd_); }

void WakeUp::notify() {
  const std::uint64_t one = 1;
  (void)!write(fd_, &one, sizeof one);
}

void WakeUp::reset() {
  std::uint64_t count = 0;
  (void)!read(fd_, &count, sizeof count);
}

void WakeUp::wait(std::optional<milliseconds> timeout) {
  pollfd entry{fd_, POLLIN, 0};
  poll(&entry, 1, timeout ? static_cast<int>(timeout->count()) : -1);
  reset();
}

}  // namespace plenum::app
