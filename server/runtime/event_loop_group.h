// The server's event loops, one thread each.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "server/runtime/event_loop.h"

namespace plenum::runtime {

// Processors that this process may use (its affinity mask), at least 1.
unsigned usable_processors();

class EventLoopGroup {
 public:
  // `count` loops that do not run yet. The clock must outlive them.
  EventLoopGroup(const Clock& clock, unsigned count);
  ~EventLoopGroup();  // stops and joins

  void start();
  // Stops every loop and joins its thread; posted work that has not run is dropped. Not from a loop.
  void stop();

  unsigned count() const { return static_cast<unsigned>(loops_.size()); }
  // Any thread.
  EventLoop& at(unsigned index) { return *loops_[index]; }
  // The owner loop of objects with this hash. Any thread.
  EventLoop& owner_loop(std::size_t hash) { return *loops_[hash % loops_.size()]; }
  unsigned owner_index(std::size_t hash) const { return static_cast<unsigned>(hash % loops_.size()); }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;  // set once
  std::vector<std::thread> threads_;               // the owner only
};

}  // namespace plenum::runtime
