// The clock, pauses and wake-ups of the client: a port, so that tests need no real time.
#pragma once

#include "common/base/clock.h"

namespace plenum::client {

// Not thread-safe: used by the thread that makes the calls.
class Waiter {
 public:
  virtual ~Waiter() = default;

  virtual SteadyTime now() const = 0;
  // Returns false if the program must stop, possibly before the time has passed.
  virtual bool pause(milliseconds time) = 0;

  // A descriptor that becomes readable on an event other than network traffic (a signal); -1: none. A caller that
  // polls sockets also polls it, and then calls woken().
  virtual int wake_fd() const = 0;
  // Handles the event. Returns false if the current wait must end.
  virtual bool woken() = 0;
};

}  // namespace plenum::client
