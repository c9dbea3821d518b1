// Process-wide setup. Each case runs in a child process, because it changes the whole process.
#include "server/app/process.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <chrono>

#include "tests/unit/app/prepared_child.h"

using namespace plenum::app;
using plenum::tests::holds_in_prepared_child;

TEST_CASE("the server writes no core files, which would contain provider keys") {
  CHECK(holds_in_prepared_child([] {
    rlimit core{1, 1};
    return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
  }));
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(holds_in_prepared_child([] { return ::prctl(PR_GET_DUMPABLE) == 0; }));
#endif
}

TEST_CASE("the server raises its descriptor limit to the maximum") {
  CHECK(holds_in_prepared_child([] {
    rlimit descriptors{};
    return ::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur == descriptors.rlim_max;
  }));
}

TEST_CASE("a notification before the wait is not lost, and wakes one wait only") {
  WakeUp wake_up;
  wake_up.notify();
  const auto start = std::chrono::steady_clock::now();
  wake_up.wait(plenum::milliseconds(10'000));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  wake_up.wait(plenum::milliseconds(1));
}
