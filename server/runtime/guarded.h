// A value that is reachable only through its lock.
#pragma once

#include <utility>

#include "common/base/mutex.h"

namespace plenum::runtime {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Calls f with the value, locked. Any thread.
  template <class F>
  decltype(auto) with(F&& f) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::forward<F>(f)(value_);
  }
  template <class F>
  decltype(auto) with(F&& f) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::forward<F>(f)(std::as_const(value_));
  }

 private:
  mutable Mutex mutex_;
  T value_ GUARDED_BY(mutex_);
};

}  // namespace plenum::runtime
