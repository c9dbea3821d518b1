#include "server/http/socket/peer_progress.h"

#include <doctest/doctest.h>

namespace plenum::tests {

using http::PeerProgress;

TEST_CASE("a peer is stuck when bytes wait for it and it acknowledges none of them") {
  SteadyTime now{};
  PeerProgress progress(now);
  progress.observe(100, 100, now += seconds(10));
  CHECK_FALSE(progress.stuck_for(seconds(30), now));
  progress.observe(200, 200, now += seconds(10));  // more is written, for instance a heartbeat: no progress
  CHECK_FALSE(progress.stuck_for(seconds(30), now));
  progress.observe(200, 200, now += seconds(10));
  CHECK(progress.stuck_for(seconds(30), now));
  CHECK(progress.observed_at() == now);
}

TEST_CASE("a peer that acknowledges a part, or everything, is not stuck") {
  SteadyTime now{};
  PeerProgress progress(now);
  for (std::uint64_t acknowledged = 1; acknowledged < 10; ++acknowledged) {
    progress.observe(100, 100 - acknowledged, now += seconds(20));
    CHECK_FALSE(progress.stuck_for(seconds(30), now));
  }
  for (int i = 0; i < 10; ++i) {
    progress.observe(100, 0, now += seconds(20));
    CHECK_FALSE(progress.stuck_for(seconds(30), now));
  }
}

}  // namespace plenum::tests
