// The destination of a run's events.
#pragma once

#include "common/protocol/event.h"

namespace plenum::core {

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Appends the event to the stream's queue. Any thread, but one producer at a time: order is guaranteed per producer
  // only. False if the queue is full (the event is not queued; the producer must slow down) or if the terminal event
  // was pushed before.
  [[nodiscard]] virtual bool push(Event event) = 0;
  // False once a cancel is requested: no further provider call must start. Any thread.
  virtual bool accepting() const { return true; }
};

}  // namespace plenum::core
