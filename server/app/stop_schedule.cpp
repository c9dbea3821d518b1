#include "server/app/stop_schedule.h"

#include <algorithm>

namespace plenum::app {

StopLimits stop_limits(milliseconds shutdown_grace) {
  constexpr auto after_drain = milliseconds(4'500);
  return {.first = shutdown_grace + after_drain};
}

void StopSchedule::request(SteadyTime now) {
  ++requests_;
  if (requests_ == 1) deadline_ = now + limits_.first;
  if (requests_ == 2) deadline_ = std::min(*deadline_, now + limits_.second);
}

}  // namespace plenum::app
