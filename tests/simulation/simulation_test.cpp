// A short simulation of every build; `simulate` runs as many seeds as one likes.
#include "tests/simulation/simulation.h"

#include <doctest/doctest.h>

#include "server/telemetry/logging.h"

using namespace plenum::simulation;

namespace {

constexpr std::size_t steps = 300;

Outcome outcome_of(std::uint64_t seed) {
  static const bool quiet = [] { return plenum::telemetry::start_logging("off", false), true; }();
  (void)quiet;
  const SeededIds ids(seed);
  return Simulation(seed).run(steps);
}

}  // namespace

TEST_CASE("two hundred simulated histories break no promise") {
  std::size_t tasks = 0, lives = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Outcome outcome = outcome_of(seed);
    CAPTURE(seed);
    CAPTURE(outcome.step);
    CHECK(outcome.broken == "");
    tasks += outcome.tasks;
    lives += outcome.lives;
  }
  CHECK(tasks > 500);
  CHECK(lives > 300);
}

TEST_CASE("the same seed gives the same history") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    CHECK(outcome_of(seed).digest == outcome_of(seed).digest);
  }
}
