#include "server/app/idle_monitor.h"

#include <algorithm>

namespace plenum::app {

milliseconds IdleMonitor::check_period() const {
  return std::clamp<milliseconds>(limit_ / 10, milliseconds(10), milliseconds(1'000));
}

bool IdleMonitor::expired(const ServerActivity& activity, SteadyTime now) {
  const bool used =
      activity.unfinished_tasks > 0 || activity.subscribers > 0 || activity.requests_total != requests_seen_;
  requests_seen_ = activity.requests_total;
  if (used) last_used_ = now;
  return enabled() && now - last_used_ >= limit_;
}

}  // namespace plenum::app
