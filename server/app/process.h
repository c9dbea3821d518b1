// Process-wide setup: signals, descriptors, core files.
#pragma once

#include <csignal>
#include <optional>
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
// SIGTERM, SIGINT and SIGHUP: blocked in every thread and received by the StopGuard.
sigset_t handled_signals();

// Wakes a thread that waits. A notification before the wait is not lost. Source: eventfd(2).
class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  // Any thread.
  void notify();
  // Returns after a notification, or after this time; absent: no limit. One thread.
  void wait(std::optional<milliseconds> timeout);
  // Clears notifications.
  void reset();
  int fd() const { return fd_; }  // readable after a notification

 private:
  const int fd_;  // set once
};

}  // namespace plenum::app
