// Process-wide setup: signals, descriptors, core files.
#pragma once

#include <string>

#include "common/base/clock.h"

namespace plenum::app {

// Opens /dev/null where standard input, output or error is closed, so that no other file gets its number and is written
// to by mistake. Call it first.
void ensure_standard_descriptors();
// Blocks the handled signals, ignores SIGPIPE and SIGXFSZ, raises the descriptor limit to its maximum, and disables
// core files, which would contain keys. Call it in main before any thread is started.
void prepare_process();
// Removes a variable from the environment and overwrites its value, so that neither children nor /proc/self/environ
// contain it. Only before other threads are started; pointers from getenv dangle.
void wipe_variable(const std::string& name);
// stop: SIGTERM or SIGINT. reload: SIGHUP, also that of a closing terminal. none: the timeout passed first.
enum class Signal : unsigned char { none, stop, reload };
// Blocks until one of them arrives. Only the main thread.
Signal wait_for_signal();
Signal wait_for_signal(milliseconds timeout);

// Wakes a thread that waits. A notification before the wait is not lost. Source: eventfd(2).
class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  // Any thread.
  void notify();
  // Returns after a notification, or after this time. One thread.
  void wait(milliseconds timeout);
  // Clears notifications.
  void reset();
  int fd() const { return fd_; }  // readable after a notification

 private:
  const int fd_;  // set once
};

enum class WaitResult : unsigned char { signal, notified, timeout };
// Waits for SIGTERM, SIGINT or a notification. Only the main thread, after prepare_process().
WaitResult wait_for_stop_signal(WakeUp& wake_up, milliseconds timeout);

}  // namespace plenum::app
