// How long to wait before trying again: growing, spread by chance so that many clients that lost one
// server do not come back in step, and never sooner than the server asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "common/base/clock.h"

namespace plenum::client {

// Not thread-safe.
class Backoff {
 public:
  // Evenly distributed in [low, high].
  using Chance = std::function<std::uint32_t(std::uint32_t low, std::uint32_t high)>;

  Backoff(milliseconds first, milliseconds max, Chance chance) : first_(first), max_(max), chance_(std::move(chance)) {}

  // The next wait: twice the one before, at least `floor`.
  milliseconds next(milliseconds floor) {
    const milliseconds grown = std::min(first_ * (1 << std::min(failures_, 16)), max_);
    ++failures_;
    const milliseconds wait = spread(grown / 2, grown);
    return wait >= floor ? wait : spread(floor, floor + floor / 8);
  }
  // Something came through: start small again.
  void reset() { failures_ = 0; }

 private:
  milliseconds spread(milliseconds low, milliseconds high) const {
    return milliseconds(chance_(static_cast<std::uint32_t>(low.count()), static_cast<std::uint32_t>(high.count())));
  }

  milliseconds first_, max_;
  Chance chance_;
  int failures_ = 0;
};

}  // namespace plenum::client
