#include "server/app/process.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace plenum::app {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

sigset_t handled_signals() {
  sigset_t set = stop_signals();
  sigaddset(&set, SIGHUP);  // a server outlives its terminal
  return set;
}

Signal meaning_of(int signal) { return signal == SIGHUP ? Signal::reload : Signal::stop; }

// Never called, because the signal is blocked in all threads; but sigwait() does not return ignored signals.
void ignore(int) {}

}  // namespace

void ensure_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // open() returns the lowest free number, which is this one: those below are open.
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) std::abort();
  }
}

void prepare_process() {
  const sigset_t waited_for = handled_signals();
  pthread_sigmask(SIG_BLOCK, &waited_for, nullptr);
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

Signal wait_for_signal() {
  const sigset_t waited_for = handled_signals();
  int signal = 0;
  while (sigwait(&waited_for, &signal) != 0) {
  }
  return meaning_of(signal);
}

Signal wait_for_signal(milliseconds timeout) {
  const sigset_t waited_for = handled_signals();
  const auto whole = std::chrono::duration_cast<seconds>(timeout);
  timespec time{};
  time.tv_sec = whole.count();
  time.tv_nsec = std::chrono::nanoseconds(timeout - whole).count();
  const int signal = sigtimedwait(&waited_for, nullptr, &time);
  return signal < 0 ? Signal::none : meaning_of(signal);  // also after an interruption by another signal
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

void WakeUp::wait(milliseconds timeout) {
  pollfd entry{fd_, POLLIN, 0};
  poll(&entry, 1, static_cast<int>(timeout.count()));
  reset();
}

WaitResult wait_for_stop_signal(WakeUp& wake_up, milliseconds timeout) {
  const sigset_t stop = stop_signals();
  const int signals = signalfd(-1, &stop, SFD_CLOEXEC);
  pollfd entries[] = {{signals, POLLIN, 0}, {wake_up.fd(), POLLIN, 0}};
  const int ready = poll(entries, 2, static_cast<int>(timeout.count()));
  const bool signaled = ready > 0 && entries[0].revents != 0;
  signalfd_siginfo received{};
  if (signaled) (void)!read(signals, &received, sizeof received);  // otherwise the signal stays pending
  close(signals);
  if (signaled) return WaitResult::signal;
  wake_up.reset();
  return ready > 0 ? WaitResult::notified : WaitResult::timeout;
}

}  // namespace plenum::app
