#include "server/runtime/thread_pool.h"

#include <pthread.h>

namespace plenum::runtime {

ThreadPool::ThreadPool(const char* name, unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this, name] { serve(name); });
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool ThreadPool::submit(MoveOnlyFunction work) {
  {
    MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
  return true;
}

void ThreadPool::submit_admitted(MoveOnlyFunction work) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

std::size_t ThreadPool::queued() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

bool ThreadPool::idle() const {
  MutexLock lock(mutex_);
  return queue_.empty() && running_ == 0;
}

void ThreadPool::serve(const char* name) {
  pthread_setname_np(pthread_self(), name);
  for (;;) {
    MoveOnlyFunction work;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && queue_.empty()) ready_.wait(mutex_);
      if (stopping_) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
    }
    work();
    MutexLock lock(mutex_);
    --running_;
  }
}

}  // namespace plenum::runtime
