#include "server/app/process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
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

// Never called, because the signal is blocked everywhere; but an ignored signal could not be waited for.
void nothing(int) {}

}  // namespace

void hold_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest free number is taken, which is this one: those below it are open by now.
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) std::abort();
  }
}

void prepare_process() {
  sigset_t waited_for = stop_signals();
  sigaddset(&waited_for, SIGHUP);  // a server outlives the terminal it was started from
  pthread_sigmask(SIG_BLOCK, &waited_for, nullptr);
  std::signal(SIGHUP, nothing);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk, and no reason to die

  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  // Provider keys are in memory: no core file, and no other process of this user may look in.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__)  // the leak checker has to look in
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

void wipe_variable(const std::string& name) {
  if (name.empty()) return;
  // The kernel shows the memory that the process was started with, not what environ points to by now.
  if (char* value = std::getenv(name.c_str())) explicit_bzero(value, std::strlen(value));
  unsetenv(name.c_str());
}

Asked wait_for_signal() {
  sigset_t waited_for = stop_signals();
  sigaddset(&waited_for, SIGHUP);
  int signal = 0;
  while (sigwait(&waited_for, &signal) != 0) {
  }
  return signal == SIGHUP ? Asked::read_again : Asked::stop;
}

bool stop_signal_within(milliseconds wait) {
  const sigset_t waited_for = stop_signals();
  const timespec limit{wait.count() / 1000, (wait.count() % 1000) * 1'000'000};
  return sigtimedwait(&waited_for, nullptr, &limit) > 0;
}

}  // namespace plenum::app
