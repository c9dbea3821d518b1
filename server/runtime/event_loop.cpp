#include "server/runtime/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace plenum::runtime {

namespace {

constexpr int events_per_iteration_max = 512;

int required(int fd) {
  if (fd < 0) std::abort();  // without epoll and eventfd no server can run, and none could report this
  return fd;
}

}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_fd_(required(epoll_create1(EPOLL_CLOEXEC))),
      wake_fd_(required(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))),
      now_(clock.steady()) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // edge-triggered: the counter never has to be read
  event.data.ptr = nullptr;
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

EventLoop::~EventLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

void EventLoop::run() {
  while (!stopping_.load(std::memory_order_acquire)) run_once(milliseconds(-1));
  thread_.store({}, std::memory_order_relaxed);
}

void EventLoop::check_thread() const {
  const auto running = thread_.load(std::memory_order_relaxed);
  if (running == std::thread::id() || running == std::this_thread::get_id()) return;
  std::fputs("EventLoop: a function of the owner loop was called on another thread\n", stderr);
  std::abort();
}

void EventLoop::run_once(milliseconds wait_max) {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  std::array<epoll_event, events_per_iteration_max> ready;
  const int count = epoll_wait(epoll_fd_, ready.data(), events_per_iteration_max, wait_ms(wait_max));
  now_ = clock_.steady();
  gone_.clear();
  for (int i = 0; i < count; ++i) {
    auto* handler = static_cast<FdHandler*>(ready[i].data.ptr);
    // A handler that ran earlier in this iteration may have unwatched and destroyed this one.
    if (handler == nullptr || std::find(gone_.begin(), gone_.end(), handler) != gone_.end()) continue;
    handler->on_ready(ready[i].events);
  }
  run_posted();
  timers_.run_due(now_);
  run_deferred();
}

int EventLoop::wait_ms(milliseconds wait_max) const {
  if (!deferred_.empty() || wake_sent_.load(std::memory_order_acquire)) return 0;
  const auto due = timers_.next_due();
  if (!due) return static_cast<int>(wait_max.count());
  const auto left = std::chrono::ceil<milliseconds>(*due - clock_.steady());
  const auto until_due = std::clamp(left, milliseconds(0), milliseconds(60'000));
  return static_cast<int>(wait_max.count() < 0 ? until_due.count() : std::min(wait_max, until_due).count());
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void EventLoop::post(MoveOnlyFunction work) {
  {
    MutexLock lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  wake();
}

// One wake-up per iteration is enough, however much is posted: the flag is cleared before the list is taken.
void EventLoop::wake() {
  if (wake_sent_.exchange(true, std::memory_order_acq_rel)) return;
  if (on_loop_thread()) return;  // the loop looks at the flag before it waits
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
}

void EventLoop::run_posted() {
  if (!wake_sent_.load(std::memory_order_acquire)) return;
  wake_sent_.store(false, std::memory_order_release);
  std::vector<MoveOnlyFunction> taken;
  {
    MutexLock lock(posted_mutex_);
    taken.swap(posted_);
  }
  for (auto& work : taken) work();
}

void EventLoop::defer(MoveOnlyFunction work) {
  assert_on_thread();
  deferred_.push_back(std::move(work));
}

void EventLoop::run_deferred() {
  while (!deferred_.empty()) {
    running_.swap(deferred_);
    for (auto& work : running_) work();
    running_.clear();
  }
}

bool EventLoop::watch(int fd, std::uint32_t events, FdHandler& handler) {
  assert_on_thread();
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool EventLoop::rewatch(int fd, std::uint32_t events, FdHandler& handler) {
  assert_on_thread();
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0;
}

void EventLoop::unwatch(int fd, FdHandler& handler) {
  assert_on_thread();
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  gone_.push_back(&handler);
}

TimerId EventLoop::after(std::chrono::nanoseconds delay, MoveOnlyFunction work) {
  // From the clock, not from the start of the iteration: a long iteration would shorten every wait.
  return at(clock_.steady() + delay, std::move(work));
}

TimerId EventLoop::at(SteadyTime due, MoveOnlyFunction work) {
  assert_on_thread();
  return timers_.add(due, std::move(work));
}

void EventLoop::cancel(TimerId id) {
  assert_on_thread();
  if (id != 0) timers_.cancel(id);
}

}  // namespace plenum::runtime
