#include "server/app/stop_schedule.h"

#include <doctest/doctest.h>

namespace plenum::app {

namespace {
constexpr SteadyTime start{seconds(100)};
}

TEST_CASE("without a request there is no deadline") { CHECK_FALSE(StopSchedule({}).deadline()); }

TEST_CASE("a server ends within its grace period and 5 seconds, and within a second of the second signal") {
  const StopLimits limits = stop_limits(milliseconds(10'000));
  CHECK(limits.first == milliseconds(14'500));
  CHECK(limits.second == milliseconds(500));
}

TEST_CASE("the second request shortens the deadline, and further ones do not change it") {
  StopSchedule schedule({milliseconds(10'000), milliseconds(500)});
  schedule.request(start);
  CHECK(schedule.deadline() == start + seconds(10));
  schedule.request(start + seconds(2));
  CHECK(schedule.deadline() == start + milliseconds(2'500));
  schedule.request(start + milliseconds(2'400));
  CHECK(schedule.deadline() == start + milliseconds(2'500));
  CHECK(schedule.requests() == 3);
}

TEST_CASE("a second request near the end does not extend the deadline") {
  StopSchedule schedule({milliseconds(10'000), milliseconds(500)});
  schedule.request(start);
  schedule.request(start + milliseconds(9'900));
  CHECK(schedule.deadline() == start + seconds(10));
}

}  // namespace plenum::app
