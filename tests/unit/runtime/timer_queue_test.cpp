#include "server/runtime/timer_queue.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace plenum;
using namespace plenum::runtime;

namespace {

SteadyTime at(int ms) { return SteadyTime(milliseconds(ms)); }

}  // namespace

TEST_CASE("timers run in order of due time, and of addition when they are due together") {
  TimerQueue timers;
  std::string order;
  timers.add(at(20), [&] { order += 'c'; });
  timers.add(at(10), [&] { order += 'a'; });
  timers.add(at(10), [&] { order += 'b'; });
  timers.add(at(21), [&] { order += 'd'; });
  timers.run_due(at(20));
  CHECK(order == "abc");
  CHECK(timers.next_due() == at(21));
}

TEST_CASE("a cancelled timer does not run, and cancelling it again is harmless") {
  TimerQueue timers;
  bool ran = false;
  const TimerId id = timers.add(at(1), [&] { ran = true; });
  CHECK(timers.cancel(id));
  CHECK_FALSE(timers.cancel(id));
  timers.run_due(at(5));
  CHECK_FALSE(ran);
  CHECK_FALSE(timers.next_due());
}

TEST_CASE("a timer may cancel another one that is due in the same call") {
  TimerQueue timers;
  bool ran = false;
  TimerId second = 0;
  timers.add(at(1), [&] { timers.cancel(second); });
  second = timers.add(at(2), [&] { ran = true; });
  timers.run_due(at(5));
  CHECK_FALSE(ran);
}

TEST_CASE("a timer that re-arms itself for now runs again in the next call") {
  TimerQueue timers;
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    timers.add(at(0), again);
  };
  timers.add(at(0), again);
  timers.run_due(at(5));
  CHECK(runs == 1);
  timers.run_due(at(5));
  CHECK(runs == 2);
}
