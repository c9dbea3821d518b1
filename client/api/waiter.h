// How the client waits: the clock, pauses, and what wakes it early. Tests play it, so they never sleep.
#pragma once

#include "common/base/clock.h"

namespace plenum::client {

// Only the thread that makes the calls.
class Waiter {
 public:
  virtual ~Waiter() = default;

  virtual SteadyTime now() const = 0;
  // Waits for so long. Returns false when the program has been told to stop, which may be early.
  virtual bool pause(milliseconds time) = 0;

  // A descriptor that becomes readable when something other than the network wants attention (a
  // signal); -1: nothing ever does. Whoever waits on sockets waits on it too and then calls woken().
  virtual int wake_fd() const = 0;
  // Deals with what woke us. Returns false when the wait must end now.
  virtual bool woken() = 0;
};

}  // namespace plenum::client
