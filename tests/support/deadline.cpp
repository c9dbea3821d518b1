#include "tests/support/deadline.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace plenum::tests {

int slowness() {
  static const int factor = [] {
    const char* text = std::getenv("PLENUM_TEST_SLOWNESS");
    return text == nullptr ? 1 : std::clamp(std::atoi(text), 1, 100);
  }();
  return factor;
}

milliseconds scaled(milliseconds patience) { return patience * slowness(); }

void breathe() { std::this_thread::sleep_for(milliseconds(2)); }

int Deadline::left_ms() const {
  auto left = std::chrono::ceil<milliseconds>(at_ - TestClock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 3'600'000));
}

}  // namespace plenum::tests
