// How long a test waits before it calls something lost. Waiting ends as soon as the thing happens, so
// a generous figure costs nothing in a test that passes.
#pragma once

#include <chrono>
#include <string>

namespace plenum::tests {

using std::chrono::milliseconds;
using std::chrono::seconds;
using TestClock = std::chrono::steady_clock;

// How many times longer a thread takes here than on an idle machine: about 5 when five runnable threads share
// one processor. Measured at every call; takes some 20 ms of processor time.
double machine_pace();
// PLENUM_TEST_SLOWNESS (1 to 100; how much slower the programs under test are than a plain build) times the
// pace of the machine when this is first called.
int slowness();
// The figure times the slowness.
milliseconds scaled(milliseconds patience);
// The same, for the value of a setting.
std::string scaled_text(milliseconds patience);

// True in test binaries that a sanitizer slows down; the programs under test are built alike.
constexpr bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}
// Figures of speed are demanded of release builds only.
constexpr bool release_build() {
#if defined(NDEBUG)
  return !sanitized();
#else
  return false;
#endif
}

// A moment after which waiting is over. A value.
class Deadline {
 public:
  Deadline(milliseconds patience) : at_(TestClock::now() + scaled(patience)) {}  // implicit: `read(…, 5s)` reads well
  Deadline(seconds patience) : Deadline(milliseconds(patience)) {}

  bool over() const { return TestClock::now() >= at_; }
  // What is left, for poll(2): 0 when over.
  int left_ms() const;
  TestClock::time_point at() const { return at_; }

 private:
  TestClock::time_point at_;
};

// A short breath between two looks at something that cannot be waited for otherwise.
void breathe();

// True as soon as the condition holds; false when it still does not at the deadline. For what only
// asking again can show, such as a count in a status reply.
template <class Condition>
bool eventually(Condition condition, Deadline deadline) {
  while (!condition()) {
    if (deadline.over()) return false;
    breathe();
  }
  return true;
}

}  // namespace plenum::tests
