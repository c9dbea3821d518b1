// The queue between a producer of events and a stream: one producer pushes, the owner loop pops.
// The library guarantees order per producer only: a queue has one producer token, and pushing from two threads at once
// is an error. Source: moodycamel::ConcurrentQueue 1.0.3, README, "Ordering".
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "common/protocol/event.h"

namespace plenum::stream {

// The library's defaults use 25 KB per empty queue, and the queue of a stream is empty most of the time.
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
  // Owner loop only. Appends everything queued to `out`, in order.
  void pop_all(std::vector<std::unique_ptr<Event>>& out);

 private:
  moodycamel::ConcurrentQueue<std::unique_ptr<Event>, QueueTraits> queue_;  // its producer pushes; the owner loop pops
  moodycamel::ProducerToken producer_;                                      // set once
};

}  // namespace plenum::stream
