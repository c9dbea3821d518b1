// crash_run: kills a real plenumd again and again and prints what the checker found. See crash_run.h.
//   crash_run [--cycles N] [--seed N] [--streams N] [--fill N] [--store memory|sqlite:PATH] [--life-ms MIN MAX]
//   [--no-kill]
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string_view>

#include "tests/crash/crash_run.h"
#include "tests/crash/server_life.h"

namespace {

constexpr std::string_view usage =
    "usage: crash_run [--cycles N] [--seed N] [--streams N] [--fill N] [--store memory|sqlite:PATH] [--life-ms MIN "
    "MAX] "
    "[--no-kill]\n";

bool read_line(int argc, char** argv, plenum::tests::CrashOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--cycles")
      options.cycles = static_cast<int>(number());
    else if (word == "--seed")
      options.seed = number();
    else if (word == "--streams")
      options.streams = static_cast<int>(number());
    else if (word == "--fill")
      options.fill = number();
    else if (word == "--store" && i + 1 < argc)
      options.store = argv[++i];
    else if (word == "--no-kill")
      options.kill = false;
    else if (word == "--life-ms" && i + 2 < argc) {
      options.life_ms_min = static_cast<int>(number());
      options.life_ms_max = static_cast<int>(number());
    } else
      return false;
  }
  return options.streams > 0 && options.life_ms_min >= 0 && options.life_ms_max >= options.life_ms_min;
}

}  // namespace

int main(int argc, char** argv) {
  plenum::tests::CrashOptions options;
  if (!read_line(argc, argv, options)) {
    std::cerr << usage;
    return 2;
  }
  std::optional<plenum::tests::TempDir> own;
  if (options.store.empty()) options.store = plenum::tests::sqlite_store(own.emplace().path().string());
  try {
    std::cout << plenum::tests::parameters_text(options) << std::endl;
    const plenum::tests::CrashReport report = plenum::tests::run_crashes(options, &std::cout);
    std::cout << report.text();
    return report.good() ? 0 : 1;
  } catch (const std::exception& failure) {
    std::cerr << "crash_run: " << failure.what() << "\n";
    return 1;
  }
}
