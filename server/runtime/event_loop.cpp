#include "server/runtime/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace plenum::runtime {

namespace {

constexpr int events_per_turn_max = 512;

int required(int fd) {
  if (fd < 0) std::abort();  // without epoll and eventfd there is no server to report it
  return fd;
}

}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_fd_(required(epoll_create1(EPOLL_CLOEXEC))),
      wake_fd_(required(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))),
      now_(clock.steady()) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // edge-triggered: its counter never has to be read
  event.data.ptr = nullptr;
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

EventLoop::~EventLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

void EventLoop::run() {
  while (!stopping_.load(std::memory_order_acquire)) run_once(milliseconds(-1));
}

void EventLoop::run_once(milliseconds wait_max) {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  std::array<epoll_event, events_per_turn_max> ready;
  const int count = epoll_wait(epoll_fd_, ready.data(), events_per_turn_max, wait_ms(wait_max));
  now_ = clock_.steady();
  gone_.clear();
  for (int i = 0; i < count; ++i) {
    auto* handler = static_cast<FdHandler*>(ready[i].data.ptr);
    // A handler that ran earlier in this turn may have unwatched and destroyed this one.
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
    std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  wake();
}

// One wake-up a turn is enough, however much is posted: the flag is taken back before the list is.
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
    std::lock_guard lock(posted_mutex_);
    taken.swap(posted_);
  }
  for (auto& work : taken) work();
}

void EventLoop::defer(MoveOnlyFunction work) { deferred_.push_back(std::move(work)); }

void EventLoop::run_deferred() {
  while (!deferred_.empty()) {
    running_.swap(deferred_);
    for (auto& work : running_) work();
    running_.clear();
  }
}

bool EventLoop::watch(int fd, std::uint32_t events, FdHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool EventLoop::rewatch(int fd, std::uint32_t events, FdHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0;
}

void EventLoop::unwatch(int fd, FdHandler& handler) {
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  gone_.push_back(&handler);
}

TimerId EventLoop::after(std::chrono::nanoseconds delay, MoveOnlyFunction work) {
  // From the clock, not from the turn's beginning: a long turn would shorten every wait.
  return timers_.add(clock_.steady() + delay, std::move(work));
}

TimerId EventLoop::at(SteadyTime due, MoveOnlyFunction work) { return timers_.add(due, std::move(work)); }

void EventLoop::cancel(TimerId id) {
  if (id != 0) timers_.cancel(id);
}

}  // namespace plenum::runtime
