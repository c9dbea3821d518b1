// The end of a simulated history: all faults stop, and everything that was promised must come true.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "common/protocol/api_paths.h"
#include "tests/simulation/broken_promise.h"
#include "tests/simulation/simulation.h"

namespace plenum::simulation {
namespace {

constexpr int rounds_max = 4'000;  // of answers, commits and half seconds

}  // namespace

void Simulation::settle() {
  process_->store().set_failing(false);
  for (auto& reader : readers_) reader->cut();
  readers_.clear();
  for (int round = 0; !all_ended(); ++round) {
    if (round == rounds_max) throw BrokenPromise("an accepted task does not end");
    for (const auto& attempt : process_->models().open_attempts()) {
      if (!attempt->open()) continue;  // ended by the one before
      SimModels::speak(attempt, "The answer is B.");
      if (attempt->open()) SimModels::finish(attempt);
    }
    process_->store().commit(1000);
    turn();
    turn();
    clock_.advance(milliseconds(500));
  }
  check_nothing_is_left();
  read_to_the_end();
  server_is_killed();
  read_to_the_end();
}

bool Simulation::all_ended() { return process_->streams().unfinished().empty(); }

// Resources of runs and subscribers that have ended are free.
void Simulation::check_nothing_is_left() {
  for (int i = 0; i < 5; ++i) {
    process_->store().commit(1000);
    clock_.advance(seconds(1));
    turn();
  }
  if (!process_->models().open_attempts().empty()) throw BrokenPromise("a call is open after every task has ended");
  if (process_->store().pending() > 0) throw BrokenPromise("events wait for the disk after every task has ended");
  if (process_->subscribers() != 0) throw BrokenPromise("subscribers are left after every connection was cut");
  if (process_->streams().counts().subscribers != 0) throw BrokenPromise("a stream counts subscribers that are gone");
}

// Every accepted task can be read from its first event to its end; one that a client deleted is gone.
void Simulation::read_to_the_end() {
  for (auto& [id, task] : ledger_.tasks()) {
    Reader reader(ledger_, id, clock_);
    reader.connect(*process_, false);
    for (int i = 0; i < rounds_max && reader.attached(); ++i) {
      process_->turn();
      reader.read();
    }
    if (task.deleted && reader.saw_end()) throw BrokenPromise("a deleted task can be read");
    const bool may_be_missing = task.deleted || task.may_be_gone || latest_time() - task.last_use > deletion_age_min;
    if (!may_be_missing && !reader.saw_end())
      throw BrokenPromise(fmt::format("task {} is lost after {}", task.marker, reader.position()));
  }
}

}  // namespace plenum::simulation
