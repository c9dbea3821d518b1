// One thread's world: descriptors (epoll), timers and work posted from elsewhere.
// Source: epoll(7), eventfd(2).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "server/runtime/move_only_function.h"
#include "server/runtime/timer_queue.h"

namespace plenum::runtime {

// What a descriptor's owner hears. Called on the loop.
class FdHandler {
 public:
  virtual ~FdHandler() = default;
  // events: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as epoll reports them.
  virtual void on_ready(std::uint32_t events) = 0;
};

class EventLoop {
 public:
  // The clock must outlive the loop. Aborts if the system gives no epoll descriptor.
  explicit EventLoop(const Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs turns on the calling thread until stop(). One turn: wait, descriptors, posted work, timers
  // that are due, then deferred work until there is none left.
  void run();
  // Runs one turn, waiting at most so long; for tests.
  void run_once(milliseconds wait_max);

  // --- any thread ---
  void stop();
  // MoveOnlyFunction for a later turn. MoveOnlyFunction posted by one thread runs in the order in which it was posted.
  // MoveOnlyFunction that was posted and not yet run when the loop is destroyed is destroyed unrun.
  void post(MoveOnlyFunction work);
  bool on_loop_thread() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  const Clock& clock() const { return clock_; }

  // --- only the loop's thread (or before run) ---
  // Starts to watch; events is an epoll mask (EPOLLET allowed). The handler must stay until unwatch.
  // False with errno when the system refuses.
  bool watch(int fd, std::uint32_t events, FdHandler& handler);
  bool rewatch(int fd, std::uint32_t events, FdHandler& handler);
  // Must come before close(fd). Events of this turn that were already fetched for the handler are dropped.
  void unwatch(int fd, FdHandler& handler);
  // MoveOnlyFunction for the end of this turn, after everything that arrived in it has been seen.
  void defer(MoveOnlyFunction work);
  TimerId after(std::chrono::nanoseconds delay, MoveOnlyFunction work);
  TimerId at(SteadyTime due, MoveOnlyFunction work);
  void cancel(TimerId id);
  // The time at which this turn began; one clock read a turn.
  SteadyTime now() const { return now_; }

 private:
  void run_posted();
  void run_deferred();
  int wait_ms(milliseconds wait_max) const;
  void wake();

  const Clock& clock_;                     // set once
  int epoll_fd_ = -1;                      // set once
  int wake_fd_ = -1;                       // set once; any thread writes
  std::atomic<std::thread::id> thread_{};  // any thread reads; only the loop's thread writes
  std::atomic<bool> stopping_{false};      // any thread
  std::atomic<bool> wake_sent_{false};     // any thread

  std::mutex posted_mutex_;
  std::vector<MoveOnlyFunction> posted_;  // guarded

  TimerQueue timers_;                       // only the owner loop
  std::vector<MoveOnlyFunction> deferred_;  // only the owner loop
  std::vector<MoveOnlyFunction> running_;   // only the owner loop: kept for its capacity
  SteadyTime now_{};                        // only the owner loop
  std::vector<FdHandler*> gone_;            // only the owner loop: unwatched while this turn's events are handed out
};

}  // namespace plenum::runtime
