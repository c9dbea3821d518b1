// Runs many simulated histories, or shows one.
//   simulate [--from 1] [--seeds 1000] [--steps 300]
//   simulate --seed 4711 [--steps 300]      prints every step
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>

#include "server/telemetry/logging.h"
#include "tests/simulation/simulation.h"

int main(int argc, char** argv) {
  using namespace plenum::simulation;
  std::uint64_t from = 1, seeds = 1'000;
  std::size_t steps = 300;
  std::optional<std::uint64_t> one;
  CLI::App app("Simulated histories of the server: the same seed gives the same one.");
  app.add_option("--from", from, "The first seed");
  app.add_option("--seeds", seeds, "Number of seeds");
  app.add_option("--steps", steps, "Steps of each history");
  app.add_option("--seed", one, "Only this seed; every step is printed");
  CLI11_PARSE(app, argc, argv);
  plenum::telemetry::start_logging("off", false);
  const auto run = [&](std::uint64_t seed, bool trace) {
    const SeededIds ids(seed);
    return Simulation(seed).run(steps, trace);
  };
  if (one) from = *one, seeds = 1;
  std::size_t tasks = 0, lives = 0, broken = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    const Outcome outcome = run(seed, one.has_value());
    tasks += outcome.tasks;
    lives += outcome.lives;
    if (outcome.broken.empty()) continue;
    ++broken;
    fmt::print("seed {} step {}: {}\n", seed, outcome.step, outcome.broken);
    if (broken == 20) break;
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  fmt::print("{} seeds, {} tasks, {} lives, {:.1f} s; broken: {}\n", seeds, tasks, lives, time.count(), broken);
  return broken == 0 ? 0 : 1;
}
