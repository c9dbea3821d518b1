// Threads for work that would block an event loop: requests that read or write the disk, DNS lookups.
#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "server/runtime/move_only_function.h"

namespace plenum::runtime {

class ThreadPool {
 public:
  // `name`: of the threads, as the process list shows them; queue_max: bound of the queued work.
  ThreadPool(const char* name, unsigned threads, std::size_t queue_max);
  ~ThreadPool();  // finishes running work, drops queued work, joins

  // False if the queue is full; the work is then dropped. Any thread.
  [[nodiscard]] bool submit(MoveOnlyFunction work);
  // Also beyond the bound: for the rest of work that was admitted before. Dropped only by the destructor. Any thread.
  void submit_admitted(MoveOnlyFunction work);
  std::size_t queued() const;
  // Whether nothing is queued or running: the destructor would not block.
  bool idle() const;

 private:
  void serve(const char* name);

  const std::size_t queue_max_;  // set once
  mutable Mutex mutex_;
  ConditionVariable ready_;
  std::deque<MoveOnlyFunction> queue_ GUARDED_BY(mutex_);
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // set once
};

}  // namespace plenum::runtime
