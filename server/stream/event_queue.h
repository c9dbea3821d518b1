// The seam between work and stream: whoever produces pushes, only the owner loop pops.
// The library keeps order per producer only, so a queue has one producer token and pushing from two
// threads at once is a fault. Source: moodycamel::ConcurrentQueue 1.0.3, README, "Ordering".
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "common/protocol/event.h"

namespace plenum::stream {

// The packaged defaults cost 25 KB per empty queue; a stream waits most of its life with nothing queued.
struct QueueTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t BLOCK_SIZE = 32;
  static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = 4;
  static constexpr std::size_t IMPLICIT_INITIAL_INDEX_SIZE = 4;
  static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;  // tokens only
};

class EventQueue {
 public:
  EventQueue() : queue_(0), producer_(queue_) {}

  // One producer at a time, on any thread.
  void push(Event event);
  // Only the owner loop: appends everything that waits to out, in order.
  void pop_all(std::vector<std::unique_ptr<Event>>& out);

 private:
  moodycamel::ConcurrentQueue<std::unique_ptr<Event>, QueueTraits>
      queue_;                           // its producer pushes; only the owner loop pops
  moodycamel::ProducerToken producer_;  // set once
};

}  // namespace plenum::stream
