// Ctrl-C and SIGTERM as something that the client waits for, not something that happens to it.
#pragma once

#include <functional>

#include "client/api/waiter.h"

namespace plenum::client {

// Catches SIGINT and SIGTERM and ignores SIGPIPE while it lives. SIGHUP keeps its meaning: a terminal that
// closes ends the client, never the task. One at a time; main's thread.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const;  // readable after a signal, until drain()
  void drain() const;
  int interrupts() const;  // SIGINTs so far
  bool terminated() const;
};

// Waits on the real clock and wakes up for signals. The first SIGINT calls on_interrupt, if there is
// one; without one, and on a second SIGINT or a SIGTERM, every wait ends.
class SignalWaiter final : public Waiter {
 public:
  explicit SignalWaiter(const Signals& signals) : signals_(signals) {}

  SteadyTime now() const override { return clock_.steady(); }
  bool pause(milliseconds time) override;
  int wake_fd() const override { return signals_.fd(); }
  bool woken() override;

  // What the first SIGINT does: returns whether to go on. May itself wait. If the SIGINT came before this
  // call and was put off, it is acted on now. Empty: a SIGINT ends the wait.
  void on_interrupt(std::function<bool()> action);
  // A first SIGINT during a request is only remembered until on_interrupt says what it means; it still
  // ends a pause.
  void put_off_interrupt() { put_off_ = true; }
  bool interrupted() const { return signals_.interrupts() > 0; }
  bool told_to_stop() const;

 private:
  const Signals& signals_;  // set once
  SystemClock clock_;
  std::function<bool()> action_;
  bool put_off_ = false;
  bool acted_ = false;
  bool stop_ = false;
};

}  // namespace plenum::client
