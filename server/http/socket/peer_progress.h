// Whether the peer of a socket takes what was written to it. The kernel accepts bytes long before that: on a quiet
// stream, its buffer would never be full. Pure.
#pragma once

#include <cstdint>

#include "common/base/clock.h"

namespace plenum::http {

class PeerProgress {
 public:
  explicit PeerProgress(SteadyTime now) : progressed_at_(now), observed_at_(now) {}

  // written: bytes that the kernel accepted so far; queued: those that the peer has not acknowledged.
  void observe(std::uint64_t written, std::uint64_t queued, SteadyTime now) {
    const std::uint64_t acknowledged = written - queued;
    if (queued == 0 || acknowledged != acknowledged_) progressed_at_ = now;
    acknowledged_ = acknowledged;
    observed_at_ = now;
  }
  SteadyTime observed_at() const { return observed_at_; }
  // Bytes have waited for the peer, unchanged, for this long.
  bool stuck_for(milliseconds time, SteadyTime now) const { return now - progressed_at_ >= time; }

 private:
  std::uint64_t acknowledged_ = 0;
  SteadyTime progressed_at_;
  SteadyTime observed_at_;
};

}  // namespace plenum::http
