#include "server/app/idle_monitor.h"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::app;
using plenum::tests::ManualClock;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

struct Server {
  ManualClock clock;
  IdleMonitor monitor{minutes(15), clock.steady()};
  ServerActivity activity;

  bool expired_after(milliseconds time) {
    clock.advance(time);
    return monitor.expired(activity, clock.steady());
  }
};

}  // namespace

TEST_CASE_FIXTURE(Server, "a server that is not used stops after the idle time, not before") {
  CHECK_FALSE(expired_after(minutes(15) - milliseconds(1)));
  CHECK(expired_after(milliseconds(1)));
}

TEST_CASE_FIXTURE(Server, "every request starts the idle time again") {
  CHECK_FALSE(expired_after(minutes(14)));
  ++activity.requests_total;
  CHECK_FALSE(expired_after(minutes(14)));
  CHECK_FALSE(expired_after(minutes(14)));
  CHECK(expired_after(minutes(1)));
}

TEST_CASE_FIXTURE(Server, "a server with a running task or a subscriber never stops, however long that lasts") {
  activity.unfinished_tasks = 1;
  CHECK_FALSE(expired_after(hours(100)));
  activity = {.unfinished_tasks = 0, .subscribers = 1};
  CHECK_FALSE(expired_after(hours(100)));
  activity.subscribers = 0;
  CHECK_FALSE(expired_after(minutes(14)));
  CHECK(expired_after(minutes(1)));
}

TEST_CASE("without a limit a server never stops") {
  ManualClock clock;
  IdleMonitor monitor(milliseconds(0), clock.steady());
  CHECK_FALSE(monitor.enabled());
  clock.advance(hours(1000));
  CHECK_FALSE(monitor.expired({}, clock.steady()));
}

TEST_CASE("the idle time is checked at least once a second, and a short one more often") {
  CHECK(IdleMonitor(minutes(15), {}).check_period() == seconds(1));
  CHECK(IdleMonitor(milliseconds(500), {}).check_period() == milliseconds(50));
  CHECK(IdleMonitor(milliseconds(1), {}).check_period() == milliseconds(10));
}
