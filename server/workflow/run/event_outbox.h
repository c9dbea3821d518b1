// Passes the events of a run to its stream. When the stream's queue is full, events are stored here and
// pushed again later, so that the terminal event is never lost. Only the owner loop.
#pragma once

#include <deque>
#include <memory>

#include "server/core/event_sink.h"
#include "server/runtime/event_loop.h"

namespace plenum::workflow {

class OutboxOwner {
 public:
  virtual ~OutboxOwner() = default;
  // The queue was full for the first time: the run must end. Called at the end of that loop iteration.
  virtual void on_overflow() = 0;
  // Every event has reached the stream after an overflow.
  virtual void on_drained() = 0;
};

class EventOutbox {
 public:
  // All three must outlive the outbox.
  EventOutbox(core::EventSink& sink, runtime::EventLoop& loop, OutboxOwner& owner);
  ~EventOutbox();
  EventOutbox(const EventOutbox&) = delete;
  EventOutbox& operator=(const EventOutbox&) = delete;

  void push(Event event);
  // False when the queue is full: the event is dropped. For events that the run can do without: deltas.
  bool try_push(Event event);

  bool accepting() const { return !overflowed_ && sink_.accepting(); }
  bool overflowed() const { return overflowed_; }
  bool empty() const { return stored_.empty(); }

 private:
  void overflow();
  void push_stored();

  core::EventSink& sink_;       // set once
  runtime::EventLoop& loop_;    // set once
  OutboxOwner& owner_;          // set once
  std::deque<Event> stored_;    // owner loop only
  bool overflowed_ = false;     // owner loop only
  runtime::TimerId timer_ = 0;  // owner loop only
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace plenum::workflow
