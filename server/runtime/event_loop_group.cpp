#include "server/runtime/event_loop_group.h"

#include <pthread.h>
#include <sched.h>

#include <cstdio>

namespace plenum::runtime {

unsigned usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

EventLoopGroup::EventLoopGroup(const Clock& clock, unsigned count) {
  for (unsigned i = 0; i < (count == 0 ? 1 : count); ++i) loops_.push_back(std::make_unique<EventLoop>(clock));
}

EventLoopGroup::~EventLoopGroup() { stop(); }

void EventLoopGroup::start() {
  for (unsigned i = 0; i < count(); ++i) {
    threads_.emplace_back([this, i] {
      char name[16];
      std::snprintf(name, sizeof name, "loop-%u", i);
      pthread_setname_np(pthread_self(), name);
      loops_[i]->run();
    });
  }
}

void EventLoopGroup::stop() {
  for (auto& loop : loops_) loop->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace plenum::runtime
