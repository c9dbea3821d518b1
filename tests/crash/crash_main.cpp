// crash_run: kills a real plenumd again and again and prints what the checker found. See crash_run.h.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/crash/crash_run.h"
#include "tests/crash/server_life.h"

int main(int argc, char** argv) {
  using namespace plenum::tests;
  CrashOptions options;
  std::vector<std::string> settings;
  std::pair<int, int> life{options.life_ms_min, options.life_ms_max};
  bool one_life = false;
  CLI::App app("Kills plenumd again and again and checks everything that anybody saw.");
  app.add_option("--cycles", options.cycles, "kills")->check(CLI::NonNegativeNumber);
  app.add_option("--seed", options.seed, "of every choice that is made");
  app.add_option("--streams", options.streams, "at work at once")->check(CLI::PositiveNumber);
  app.add_option("--fill", options.fill, "events that are stored first, about");
  app.add_option("--store", options.store, "memory or sqlite:PATH; by default a new file");
  app.add_option("--life-ms", life, "shortest and longest time from the open port to the kill");
  app.add_option("--set", settings, "NAME=VALUE: a setting of the server, as it stands in its file");
  app.add_flag("--no-kill", one_life, "one life through it all");
  CLI11_PARSE(app, argc, argv);
  options.kill = !one_life;
  std::tie(options.life_ms_min, options.life_ms_max) = life;
  for (const std::string& setting : settings) {
    options.settings[setting.substr(0, setting.find('='))] = setting.substr(setting.find('=') + 1);
  }
  std::optional<TempDir> own;
  if (options.store.empty()) options.store = sqlite_store(own.emplace().path().string());
  try {
    std::cout << parameters_text(options) << std::endl;
    const CrashReport report = run_crashes(options, &std::cout);
    std::cout << report.text();
    return report.good() ? 0 : 1;
  } catch (const std::exception& failure) {
    std::cerr << "crash_run: " << failure.what() << "\n";
    return 1;
  }
}
