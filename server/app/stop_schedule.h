// When a requested stop must be over. Pure: the caller passes the time. Not thread-safe.
#pragma once

#include <optional>

#include "common/base/clock.h"

namespace plenum::app {

// From the request to the end of the process.
struct StopLimits {
  milliseconds first{14'500};  // after the first request
  milliseconds second{500};    // after the second one
};

// The limits of a server that may drain for this time: the process ends within shutdown_grace + 5 s of the first
// request and within 1 s of the second, the last lines of the log included.
StopLimits stop_limits(milliseconds shutdown_grace);

class StopSchedule {
 public:
  explicit StopSchedule(StopLimits limits) : limits_(limits) {}

  // A stop signal, or another reason to stop.
  void request(SteadyTime now);
  unsigned requests() const { return requests_; }
  // Absent before the first request. A later request never extends it.
  std::optional<SteadyTime> deadline() const { return deadline_; }

 private:
  const StopLimits limits_;  // set once
  unsigned requests_ = 0;
  std::optional<SteadyTime> deadline_;
};

}  // namespace plenum::app
