#include "server/provider/limits/rate_limiter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;

TEST_CASE("no window of 60 s holds more calls than the rate limit, wherever it begins") {
  for (const int per_minute : {1, 2, 6, 7, 20, 60, 600}) {
    CAPTURE(per_minute);
    RateLimiter limiter(per_minute);
    std::vector<SteadyTime> acquired;
    SteadyTime now{std::chrono::hours(1)};
    for (int i = 0; i < 200'000; ++i, now += milliseconds(1)) {
      if (i == 70'000) now += seconds(90);  // idle time refills the bucket
      if (limiter.try_acquire(now)) acquired.push_back(now);
    }
    std::size_t first = 0, most = 0;
    for (std::size_t last = 0; last < acquired.size(); ++last) {
      while (acquired[last] - acquired[first] >= seconds(60)) ++first;
      most = std::max(most, last - first + 1);
    }
    CHECK(most == static_cast<std::size_t>(per_minute));
  }
}
