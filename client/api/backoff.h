// Exponential backoff with jitter: clients that lost one server at the same time do not reconnect in step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "common/base/clock.h"

namespace plenum::client {

// Not thread-safe.
class Backoff {
 public:
  // A random number, evenly distributed in [low, high].
  using Random = std::function<std::uint32_t(std::uint32_t low, std::uint32_t high)>;

  Backoff(milliseconds first, milliseconds max, Random random) : first_(first), max_(max), random_(std::move(random)) {}

  // The next wait: twice the previous one, and at least `min`, which the server requested.
  milliseconds next(milliseconds min) {
    const milliseconds grown = std::min(first_ * (1 << std::min(failures_, 16)), max_);
    ++failures_;
    const milliseconds wait = jittered(grown / 2, grown);
    return wait >= min ? wait : jittered(min, min + min / 8);
  }
  // After a success: the next wait starts small again.
  void reset() { failures_ = 0; }

 private:
  milliseconds jittered(milliseconds low, milliseconds high) const {
    return milliseconds(random_(static_cast<std::uint32_t>(low.count()), static_cast<std::uint32_t>(high.count())));
  }

  milliseconds first_, max_;
  Random random_;
  int failures_ = 0;
};

}  // namespace plenum::client
