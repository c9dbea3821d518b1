#include "tests/support/deadline.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace plenum::tests {

namespace {

constexpr double pace_max = 8;  // longer timeouts would make the tests take hours

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Wall time of a busy thread over its processor time.
double measured_pace() {
  constexpr double sample_seconds = 0.02;
  const auto begin = TestClock::now();
  const double cpu_begin = processor_seconds();
  while (processor_seconds() - cpu_begin < sample_seconds) continue;
  return std::chrono::duration<double>(TestClock::now() - begin).count() / sample_seconds;
}

// Runnable threads per processor over the last minute: a short sample can miss a load that comes in bursts.
double average_load() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load / std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

double machine_pace() { return std::clamp(std::max(measured_pace(), average_load()), 1.0, pace_max); }

int slowness() {
  static const int factor = [] {
    const char* text = std::getenv("PLENUM_TEST_SLOWNESS");
    const int build = text == nullptr ? 1 : std::clamp(std::atoi(text), 1, 100);
    return build * static_cast<int>(std::lround(machine_pace()));
  }();
  return factor;
}

milliseconds scaled(milliseconds patience) { return patience * slowness(); }

std::string scaled_text(milliseconds patience) { return std::to_string(scaled(patience).count()); }

void breathe() { std::this_thread::sleep_for(milliseconds(2)); }

int Deadline::left_ms() const {
  auto left = std::chrono::ceil<milliseconds>(at_ - TestClock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 3'600'000));
}

}  // namespace plenum::tests
