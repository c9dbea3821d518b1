// Decides when an unused server stops (setting `idle_exit_ms`). Pure: the caller passes the time. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/clock.h"

namespace plenum::app {

// What counts as use of the server.
struct ServerActivity {
  std::size_t unfinished_tasks = 0;
  std::size_t subscribers = 0;
  std::uint64_t requests_total = 0;  // since the start of the process
};

class IdleMonitor {
 public:
  // limit: how long the server must be unused; 0: it never stops.
  IdleMonitor(milliseconds limit, SteadyTime now) : limit_(limit), last_used_(now) {}

  bool enabled() const { return limit_.count() > 0; }
  // How often expired() must be called, so that the server stops at most one period late.
  milliseconds check_period() const;
  // Whether the server was unused for the limit. A task, a subscriber or a request since the last call is use.
  bool expired(const ServerActivity& activity, SteadyTime now);

 private:
  const milliseconds limit_;  // set once
  SteadyTime last_used_;
  std::uint64_t requests_seen_ = 0;
};

}  // namespace plenum::app
