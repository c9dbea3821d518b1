#include "server/app/stop_guard.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdlib>

namespace plenum::app {
namespace {

int open_signals() {
  const sigset_t handled = handled_signals();
  const int fd = ::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) std::abort();
  return fd;
}

SteadyTime steady_now() { return SystemClock().steady(); }

// For poll(2): rounded up, so that the deadline has passed when it returns.
int poll_timeout(std::optional<SteadyTime> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - steady_now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

}  // namespace

StopGuard::StopGuard(StopLimits limits, std::function<void()> end_process)
    : end_process_(std::move(end_process)), signals_(open_signals()), schedule_(limits), thread_([this] { run(); }) {}

StopGuard::~StopGuard() {
  complete_.store(true);
  wake_up_.notify();
  thread_.join();
}

void StopGuard::begin_stop() {
  begin_.store(true);
  wake_up_.notify();
}

void StopGuard::run() {
  pthread_setname_np(pthread_self(), "signals");
  while (!complete_.load()) {
    pollfd entries[] = {{signals_.get(), POLLIN, 0}, {wake_up_.fd(), POLLIN, 0}};
    ::poll(entries, 2, poll_timeout(schedule_.deadline()));
    wake_up_.reset();
    if (begin_.exchange(false)) schedule_.request(steady_now());
    receive_signals();
    requests_.store(schedule_.requests());
    main_wake_up_.notify();
    if (complete_.load() || !schedule_.deadline() || steady_now() < *schedule_.deadline()) continue;
    return end_process_();
  }
}

void StopGuard::receive_signals() {
  signalfd_siginfo received{};
  while (::read(signals_.get(), &received, sizeof received) == static_cast<ssize_t>(sizeof received)) {
    if (received.ssi_signo == SIGHUP) {
      reload_.store(true);
    } else {
      schedule_.request(steady_now());
    }
  }
}

}  // namespace plenum::app
