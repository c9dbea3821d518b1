#include "tests/unit/runtime/after_unlock.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <utility>

namespace plenum::tests {

namespace {

using Unlock = int (*)(pthread_mutex_t*);
std::atomic<Unlock> next_unlock{nullptr};  // the sanitizer's or the C library's
thread_local std::function<void()>* waiting = nullptr;

}  // namespace

void after_next_unlock(std::function<void()> what) {
  delete std::exchange(waiting, new std::function<void()>(std::move(what)));
}

extern "C" int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  Unlock next = next_unlock.load();
  if (next == nullptr) {
    next = reinterpret_cast<Unlock>(dlsym(RTLD_NEXT, "pthread_mutex_unlock"));
    next_unlock.store(next);
  }
  const int result = next(mutex);
  if (auto* what = std::exchange(waiting, nullptr)) {
    (*what)();
    delete what;
  }
  return result;
}

}  // namespace plenum::tests
