#include "server/runtime/thread_pool.h"

#include <pthread.h>

namespace plenum::runtime {

ThreadPool::ThreadPool(const char* name, unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this, name] { serve(name); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool ThreadPool::submit(MoveOnlyFunction work) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
  return true;
}

std::size_t ThreadPool::waiting() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

bool ThreadPool::idle() const {
  std::lock_guard lock(mutex_);
  return queue_.empty() && running_ == 0;
}

void ThreadPool::serve(const char* name) {
  pthread_setname_np(pthread_self(), name);
  for (;;) {
    MoveOnlyFunction work;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
    }
    work();
    std::lock_guard lock(mutex_);
    --running_;
  }
}

}  // namespace plenum::runtime
