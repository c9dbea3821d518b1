// Where a run's events go.
#pragma once

#include "common/protocol/event.h"

namespace plenum::core {

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Takes the event into the stream's queue. Any thread, but one producer at a time: the order of the
  // queue is that of its one producer. False when the queue is full (nothing was taken; the producer
  // must slow down) or when the stream has its terminal event already.
  [[nodiscard]] virtual bool push(Event event) = 0;
  // False once a cancel is on its way: nothing that costs money is to be begun any more. Any thread.
  virtual bool accepting() const { return true; }
};

}  // namespace plenum::core
