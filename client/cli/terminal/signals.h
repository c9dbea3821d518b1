// Ctrl-C and the signals that end the client, as wake-ups of its waits.
#pragma once

#include <functional>

#include "client/api/waiter.h"

namespace plenum::client {

// Catches SIGINT, and SIGTERM, SIGHUP (a closed terminal) and SIGQUIT (Ctrl-\), which end the client and never the
// task; ignores SIGPIPE. All of that during its lifetime. At most one instance; main thread only.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const;  // readable after a signal, until drain()
  void drain() const;
  void wake() const;        // as after a signal
  int interrupts() const;   // number of SIGINTs
  bool terminated() const;  // SIGTERM, SIGHUP or SIGQUIT
  // Catches SIGTSTP (Ctrl-Z) as well, unless the caller ignores it. Otherwise it stops the program at once.
  void catch_suspend(bool wanted) const;
  // Whether a SIGTSTP was caught since the last call.
  bool take_suspend() const;
};

// Waits on the real clock; signals end a wait. The first SIGINT calls the action of on_interrupt, if set; without an
// action, and on a second SIGINT or any other signal, every wait ends.
class SignalWaiter final : public Waiter {
 public:
  explicit SignalWaiter(const Signals& signals) : signals_(signals) {}

  SteadyTime now() const override { return clock_.steady(); }
  bool pause(milliseconds time) override;
  int wake_fd() const override { return signals_.fd(); }
  bool woken() override;

  // Sets the action of the first SIGINT, which returns whether to continue and may itself wait. A SIGINT that was
  // deferred is handled now. Empty: a SIGINT ends the wait.
  void on_interrupt(std::function<bool()> action);
  // Sets the action that precedes a stop by Ctrl-Z. Empty: the stop is immediate.
  void on_suspend(std::function<void()> action);
  // Defers a first SIGINT during a request until on_interrupt sets its action; it still ends a pause.
  void defer_interrupt() { deferred_ = true; }
  // Ends this wait and all further ones.
  void stop();
  bool interrupted() const { return signals_.interrupts() > 0; }
  bool stop_requested() const;

 private:
  const Signals& signals_;  // set once
  SystemClock clock_;
  std::function<bool()> action_;
  std::function<void()> suspend_action_;
  bool deferred_ = false;
  bool action_called_ = false;
  bool stop_ = false;
};

}  // namespace plenum::client
