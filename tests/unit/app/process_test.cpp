// What the process arranges with the system. Each case runs in a child, because it changes the whole process.
#include "server/app/process.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

using namespace plenum::app;

namespace {

// Whether the check holds in a child that has prepared itself as the server does.
bool holds_in_prepared_child(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    prepare_process();
    ::_exit(check() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("the server writes no core files: they would hold provider keys") {
  CHECK(holds_in_prepared_child([] {
    rlimit core{1, 1};
    return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
  }));
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(holds_in_prepared_child([] { return ::prctl(PR_GET_DUMPABLE) == 0; }));
#endif
}

TEST_CASE("the server may open as many descriptors as the system allows it") {
  CHECK(holds_in_prepared_child([] {
    rlimit descriptors{};
    return ::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur == descriptors.rlim_max;
  }));
}
