#include "server/stream/event_queue.h"

#include <iterator>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace plenum::stream {

namespace {

// The library synchronizes with fences, which ThreadSanitizer does not support; these annotations state their effect.
void published([[maybe_unused]] void* queue) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(queue);
#endif
}

void taken([[maybe_unused]] void* queue) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(queue);
#endif
}

}  // namespace

void EventQueue::push(Event event) {
  auto owned = std::make_unique<Event>(std::move(event));
  published(this);
  queue_.enqueue(producer_, std::move(owned));
}

void EventQueue::pop_all(std::vector<std::unique_ptr<Event>>& out) {
  constexpr std::size_t at_once = 256;
  while (queue_.try_dequeue_bulk_from_producer(producer_, std::back_inserter(out), at_once) > 0) {
  }
  taken(this);
}

}  // namespace plenum::stream
