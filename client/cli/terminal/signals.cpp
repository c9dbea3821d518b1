#include "client/cli/terminal/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace plenum::client {
namespace {

// State that a signal handler may access: lock-free flags and a non-blocking pipe.
volatile sig_atomic_t interrupt_count = 0;
volatile sig_atomic_t terminate_count = 0;
volatile sig_atomic_t suspend_count = 0;
std::array<int, 2> wake_pipe{-1, -1};

void on_signal(int number) {
  const int saved_errno = errno;
  if (number == SIGINT) {
    interrupt_count = interrupt_count + 1;
  } else if (number == SIGTSTP) {
    suspend_count = suspend_count + 1;
  } else {
    terminate_count = terminate_count + 1;
  }
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], &byte, 1);  // a full pipe is readable
  errno = saved_errno;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: the signal must end a write to a halted terminal.
  ::sigaction(number, &action, nullptr);
}

constexpr int leaving[] = {SIGTERM, SIGHUP, SIGQUIT};

// A signal that the caller ignores, such as SIGHUP under nohup, stays ignored.
void handle_unless_ignored(int number, void (*handler)(int)) {
  struct sigaction before {};
  if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  handle(number, handler);
}

}  // namespace

Signals::Signals() {
  interrupt_count = 0;
  terminate_count = 0;
  if (::pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) wake_pipe = {-1, -1};
  handle(SIGINT, on_signal);
  for (const int number : leaving) handle_unless_ignored(number, on_signal);
  handle(SIGPIPE, SIG_IGN);
}

Signals::~Signals() {
  for (const int number : {SIGINT, SIGPIPE}) handle(number, SIG_DFL);
  for (const int number : leaving) handle_unless_ignored(number, SIG_DFL);
  for (const int fd : wake_pipe) {
    if (fd >= 0) ::close(fd);
  }
  wake_pipe = {-1, -1};
}

int Signals::fd() const { return wake_pipe[0]; }

void Signals::drain() const {
  std::array<char, 64> bytes{};
  while (::read(wake_pipe[0], bytes.data(), bytes.size()) > 0) {
  }
}

void Signals::wake() const {
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], &byte, 1);  // a full pipe is readable
}

int Signals::interrupts() const { return interrupt_count; }
bool Signals::terminated() const { return terminate_count > 0; }

void Signals::catch_suspend(bool wanted) const { handle_unless_ignored(SIGTSTP, wanted ? on_signal : SIG_DFL); }

bool Signals::take_suspend() const {
  const bool caught = suspend_count > 0;
  suspend_count = 0;
  return caught;
}

bool SignalWaiter::pause(milliseconds time) {
  const SteadyTime until = now() + time;
  // A deferred interrupt ends a pause, because no request is open that it could lose.
  while (!stop_requested() && !(deferred_ && !action_ && signals_.interrupts() > 0)) {
    const auto left = std::chrono::ceil<milliseconds>(until - now());
    if (left.count() <= 0) return true;
    pollfd wake{wake_fd(), POLLIN, 0};
    const int ready = ::poll(&wake, 1, static_cast<int>(std::min<milliseconds::rep>(left.count(), 60'000)));
    if (ready > 0 && !woken()) return false;
  }
  return false;
}

bool SignalWaiter::woken() {
  signals_.drain();
  if (signals_.take_suspend() && suspend_action_) {
    suspend_action_();
    ::raise(SIGSTOP);  // returns after SIGCONT
    signals_.drain();  // a signal that arrived meanwhile is handled below; it must not end the last writes
  }
  if (signals_.interrupts() == 0 || action_called_ || stop_requested()) return !stop_requested();
  if (action_) {
    action_called_ = true;  // before the action, which may itself wait and be woken
    stop_ = !action_();
  } else if (!deferred_) {
    stop_ = true;
  }
  return !stop_requested();
}

void SignalWaiter::on_interrupt(std::function<bool()> action) {
  action_ = std::move(action);
  deferred_ = false;
  if (action_ && signals_.interrupts() > 0) woken();
}

void SignalWaiter::on_suspend(std::function<void()> action) {
  suspend_action_ = std::move(action);
  signals_.catch_suspend(static_cast<bool>(suspend_action_));
}

void SignalWaiter::stop() {
  stop_ = true;
  signals_.wake();
}

bool SignalWaiter::stop_requested() const { return stop_ || signals_.terminated() || signals_.interrupts() > 1; }

}  // namespace plenum::client
