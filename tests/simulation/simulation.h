// One simulated history of the server: clients, models, disk, clock and kills in an order that a seed determines.
// Everything runs on one thread and one manual clock, so the same seed gives the same history.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/process.h"
#include "tests/simulation/reader.h"

namespace plenum::simulation {

struct Outcome {
  std::string broken;        // the promise that was broken; empty: none
  std::size_t step = 0;      // at which
  std::uint64_t digest = 0;  // of the history
  std::size_t tasks = 0, lives = 0;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  // Runs so many steps, then until every accepted task has ended and is read to its end. trace: prints each step.
  Outcome run(std::size_t steps, bool trace = false);

 private:
  struct Action {
    const char* name;
    unsigned weight;
    void (Simulation::*run)();
  };
  static const std::vector<Action>& actions();

  // --- what may happen in a step ---
  void turn();
  void model_speaks();
  void model_ends();
  void disk_commits();
  void disk_changes_health();
  void readers_read();
  void task_is_submitted();
  void task_is_submitted_again();
  void task_is_cancelled();
  void member_is_skipped();
  void task_is_deleted();
  void status_is_read();
  void reader_connects();
  void reader_is_cut();
  void reader_sticks();
  void time_passes();
  void clock_jumps();
  void server_cleans_up();
  void server_is_killed();
  void power_fails();

  // --- the end of the history ---
  void settle();
  bool all_ended();
  void read_to_the_end();
  void check_nothing_is_left();

  void submit(const std::string& body, const std::string& key, const std::string& marker, const std::string& workflow);
  void check_readers();
  std::string described(const Reader& reader);
  void restart();
  // Stored ages are of the wall clock, which may have jumped forward.
  SteadyTime latest_time() const { return clock_.steady() + wall_jumps_; }
  Ledger::Task* any_task();

  Random random_;
  std::uint64_t seed_;
  tests::ManualClock clock_;
  Ledger ledger_;
  Disk disk_;
  std::unique_ptr<Process> process_;
  std::vector<std::unique_ptr<Reader>> readers_;
  milliseconds wall_jumps_{0};  // forward, in total
  std::size_t submitted_ = 0, lives_ = 0;
};

// The random bytes of ids, epochs and traces come from here while it exists. At most one.
class SeededIds {
 public:
  explicit SeededIds(std::uint64_t seed);
  ~SeededIds();
  SeededIds(const SeededIds&) = delete;
  SeededIds& operator=(const SeededIds&) = delete;
};

}  // namespace plenum::simulation
