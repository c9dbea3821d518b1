// The event loop of one thread: file descriptors (epoll), timers, and work posted by other threads.
// Source: epoll(7), eventfd(2).
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "server/runtime/move_only_function.h"
#include "server/runtime/timer_queue.h"

namespace plenum::runtime {

// Receives the events of a file descriptor, on the loop.
class FdHandler {
 public:
  virtual ~FdHandler() = default;
  // events: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as epoll reports them.
  virtual void on_ready(std::uint32_t events) = 0;
};

class EventLoop {
 public:
  // The clock must outlive the loop. Aborts if the system provides no epoll descriptor.
  explicit EventLoop(const Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs iterations on the calling thread until stop(). One iteration: wait, descriptors, posted work, due timers,
  // then deferred work until none is left.
  void run();
  // Runs one iteration that waits at most this long; for tests.
  void run_once(milliseconds wait_max);

  // --- any thread ---
  void stop();
  // Runs the work in a later iteration. Work posted by one thread runs in the order of the posts. Work that has not
  // run when the loop is destroyed is destroyed with it.
  void post(MoveOnlyFunction work);
  bool on_loop_thread() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  // Aborts if another thread runs the loop. Every function documented as "owner loop only" calls it. Before run() and
  // after it, any thread may construct and destroy what belongs to the loop. Debug and sanitizer builds only.
  void assert_on_thread() const {
    if constexpr (checks_threads) check_thread();
  }
  const Clock& clock() const { return clock_; }

  // --- the loop's thread only ---
  // Starts to watch; events is an epoll mask (EPOLLET allowed). The handler must exist until unwatch().
  // False with errno if the system rejects the descriptor.
  bool watch(int fd, std::uint32_t events, FdHandler& handler);
  bool rewatch(int fd, std::uint32_t events, FdHandler& handler);
  // Must precede close(fd). Events that this iteration already fetched for the handler are dropped.
  void unwatch(int fd, FdHandler& handler);
  // Runs the work at the end of this iteration, after everything that arrived in it was handled.
  void defer(MoveOnlyFunction work);
  TimerId after(std::chrono::nanoseconds delay, MoveOnlyFunction work);
  TimerId at(SteadyTime due, MoveOnlyFunction work);
  void cancel(TimerId id);
  // The time at which this iteration started: one clock read per iteration.
  SteadyTime now() const { return now_; }

 private:
#if !defined(NDEBUG) || defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  static constexpr bool checks_threads = true;
#elif defined(__has_feature)
  static constexpr bool checks_threads = __has_feature(thread_sanitizer) || __has_feature(address_sanitizer);
#else
  static constexpr bool checks_threads = false;
#endif

  void check_thread() const;
  void run_posted();
  void run_deferred();
  int wait_ms(milliseconds wait_max) const;
  void wake();

  const Clock& clock_;                     // set once
  int epoll_fd_ = -1;                      // set once
  int wake_fd_ = -1;                       // set once; any thread writes to it
  std::atomic<std::thread::id> thread_{};  // any thread reads; the loop's thread writes
  std::atomic<bool> stopping_{false};      // any thread
  std::atomic<bool> wake_sent_{false};     // any thread

  Mutex posted_mutex_;
  std::vector<MoveOnlyFunction> posted_ GUARDED_BY(posted_mutex_);

  TimerQueue timers_;                       // owner loop only
  std::vector<MoveOnlyFunction> deferred_;  // owner loop only
  std::vector<MoveOnlyFunction> running_;   // owner loop only; a member so that its capacity is reused
  SteadyTime now_{};                        // owner loop only
  std::vector<FdHandler*> gone_;            // owner loop only: unwatched while this iteration's events are delivered
};

}  // namespace plenum::runtime
