#include "server/workflow/run/event_outbox.h"

#include <utility>

namespace plenum::workflow {

namespace {

// The loop drains the queue once per iteration; this only bounds the wait after an overflow.
constexpr milliseconds retry_interval{5};

}  // namespace

EventOutbox::EventOutbox(core::EventSink& sink, runtime::EventLoop& loop, OutboxOwner& owner)
    : sink_(sink), loop_(loop), owner_(owner) {}

EventOutbox::~EventOutbox() { loop_.cancel(timer_); }

void EventOutbox::push(Event event) {
  if (stored_.empty() && sink_.push(event)) return;
  stored_.push_back(std::move(event));
  overflow();
}

bool EventOutbox::try_push(Event event) {
  if (overflowed_) return false;
  if (sink_.push(std::move(event))) return true;
  overflow();
  return false;
}

// A run cannot be faster than a queue that is drained. A full queue means that it is not: the run ends.
void EventOutbox::overflow() {
  if (std::exchange(overflowed_, true)) return;
  loop_.defer([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    owner_.on_overflow();
    push_stored();
  });
}

void EventOutbox::push_stored() {
  while (!stored_.empty() && sink_.push(stored_.front())) stored_.pop_front();
  if (stored_.empty()) return owner_.on_drained();
  timer_ = loop_.after(retry_interval, [this] { push_stored(); });
}

}  // namespace plenum::workflow
