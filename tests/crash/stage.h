// Setup of every crash test: the real server, a slow upstream, callers, and the checker that observes everything.
// One thread runs all of it by turns; only the server is a process of its own.
#pragma once

#include <list>
#include <string>

#include "common/base/clock.h"
#include "tests/crash/caller.h"
#include "tests/crash/paced_upstream.h"
#include "tests/crash/server_life.h"

namespace plenum::tests {

// The body of a POST. The key is part of the task and so of every prompt, which distinguishes calls.
std::string keyed_body(const std::string& key, const std::string& workflow, int members);
std::string key_in(const std::string& prompt);  // empty: none

class Stage {
 public:
  // The options' tables are the stage's own: the provider `bench` is its upstream.
  Stage(ServerLife::Options options, PacedUpstream::Planner planner);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Starts the server, waits for its port and resumes all clients; returns the duration. Throws Failure.
  std::chrono::duration<double, std::milli> begin_life();
  // SIGKILL; then reads what had been sent before it. How long connections outlived the process.
  std::chrono::duration<double, std::milli> be_killed();
  // Stops the server gracefully; any exit code but 0 is a finding.
  void stop();

  // Resumes all clients and runs the loop once. Throws Failure if the server has ended by itself.
  void turn();
  template <class Condition>
  bool turn_until(Condition condition, Deadline deadline) {
    while (!condition()) {
      if (deadline.over()) return false;
      turn();
    }
    return true;
  }
  bool all_done() const;

  // Only the stage's thread. The order is that of construction: what talks goes before what listens.
  SystemClock clock;
  runtime::EventLoop loop{clock};
  HistoryChecker checker;
  Surroundings around{.loop = loop, .checker = checker};
  PacedUpstream upstream;
  std::list<Caller> callers;
  std::list<ResumingReader> historians;  // read streams of long ago
  ServerLife server;

 private:
  bool any_connected() const;
};

}  // namespace plenum::tests
