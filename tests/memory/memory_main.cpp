// memory_run: loads a plenumd under a memory limit and prints what it used. See memory_run.h.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tests/memory/memory_run.h"

int main(int argc, char** argv) {
  using namespace plenum::tests;
  MemoryOptions options;
  std::vector<std::string> settings;
  CLI::App app("Loads plenumd in the ways in which requests can make it use memory.");
  app.add_option("--memory-mib", options.memory_mib, "memory_max of the server")->check(CLI::PositiveNumber);
  app.add_option("--scale", options.scale, "of the number of connections and requests")->check(CLI::PositiveNumber);
  app.add_option("--answer-bytes", options.answer_bytes, "of the largest answer")->check(CLI::PositiveNumber);
  app.add_option("--set", settings, "NAME=VALUE: a setting of the server, as it stands in its file");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& setting : settings) {
    options.settings[setting.substr(0, setting.find('='))] = setting.substr(setting.find('=') + 1);
  }
  try {
    const MemoryReport report = run_memory(options, &std::cout);
    std::cout << report.text(options);
    double p99 = 0;
    for (const MemoryStep& step : report.steps) p99 = std::max(p99, step.livez_p99_ms);
    const bool returned = static_cast<double>(report.end_bytes) <= 1.2 * static_cast<double>(report.start_bytes);
    return report.peak_part(options) <= 1.15 && p99 <= 50 && returned && !report.stream_ended ? 0 : 1;
  } catch (const std::exception& failure) {
    std::cerr << "memory_run: " << failure.what() << "\n";
    return 1;
  }
}
