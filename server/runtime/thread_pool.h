// A few threads for what would block a loop: name look-ups, later reads of old events from disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "server/runtime/move_only_function.h"

namespace plenum::runtime {

class ThreadPool {
 public:
  // `name` shows in the process list; queue_max bounds the work that waits.
  ThreadPool(const char* name, unsigned threads, std::size_t queue_max);
  ~ThreadPool();  // runs what has begun, drops what waits, joins

  // False when too much waits already: nothing was taken. Any thread.
  [[nodiscard]] bool submit(MoveOnlyFunction work);
  std::size_t waiting() const;
  // Whether nothing waits and nothing runs: the destructor would not have to wait.
  bool idle() const;

 private:
  void serve(const char* name);

  const std::size_t queue_max_;  // set once
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<MoveOnlyFunction> queue_;  // guarded by mutex_
  std::size_t running_ = 0;             // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_
  std::vector<std::thread> threads_;    // set once
};

}  // namespace plenum::runtime
