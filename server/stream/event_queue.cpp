#include "server/stream/event_queue.h"

#include <iterator>

namespace plenum::stream {

void EventQueue::pop_all(std::vector<std::unique_ptr<Event>>& out) {
  constexpr std::size_t at_once = 256;
  while (queue_.try_dequeue_bulk_from_producer(producer_, std::back_inserter(out), at_once) > 0) {
  }
}

}  // namespace plenum::stream
