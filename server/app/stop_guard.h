// Receives the signals of the process on a thread of its own, from before the store is opened, and ends the process
// when a stop takes too long: whatever the main thread, a request, the disk or the reader of the log waits for.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "server/app/process.h"
#include "server/app/stop_schedule.h"
#include "server/runtime/unique_fd.h"

namespace plenum::app {

class StopGuard {
 public:
  // After prepare_process(). end_process: called on the guard's thread at the deadline of a stop, and at most once.
  StopGuard(StopLimits limits, std::function<void()> end_process);
  ~StopGuard();  // the stop is complete: there is no deadline any more
  StopGuard(const StopGuard&) = delete;
  StopGuard& operator=(const StopGuard&) = delete;

  // --- any thread ---
  // SIGTERM, SIGINT and begin_stop() so far.
  unsigned stop_requests() const { return requests_.load(); }
  // Whether SIGHUP arrived since the last call; also that of a closing terminal.
  bool take_reload() { return reload_.exchange(false); }
  // Starts the deadline without a signal.
  void begin_stop();
  // Notified by every signal. Others may notify it too: the main thread waits for nothing else.
  WakeUp& main_wake_up() { return main_wake_up_; }

 private:
  void run();
  void receive_signals();

  const std::function<void()> end_process_;  // set once
  const runtime::UniqueFd signals_;          // set once
  StopSchedule schedule_;                    // guard's thread only
  std::atomic<unsigned> requests_{0};        // any thread
  std::atomic<bool> reload_{false};          // any thread
  std::atomic<bool> begin_{false};           // any thread: begin_stop() was called
  std::atomic<bool> complete_{false};        // any thread
  WakeUp wake_up_;                           // of the guard's thread
  WakeUp main_wake_up_;
  std::thread thread_;  // set once
};

}  // namespace plenum::app
