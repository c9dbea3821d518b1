// Process-wide setup. Each case runs in a child process, because it changes the whole process.
#include "server/app/process.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>

using namespace plenum::app;

namespace {

// Whether the check holds in a child that called prepare_process().
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

TEST_CASE("a wait for a stop signal returns on a signal, a notification or its timeout") {
  CHECK(holds_in_prepared_child([] {
    WakeUp wake_up;
    if (wait_for_stop_signal(wake_up, plenum::milliseconds(0)) != WaitResult::timeout) return false;
    wake_up.notify();
    if (wait_for_stop_signal(wake_up, plenum::milliseconds(5000)) != WaitResult::notified) return false;
    ::raise(SIGTERM);
    return wait_for_stop_signal(wake_up, plenum::milliseconds(5000)) == WaitResult::signal &&
           wait_for_stop_signal(wake_up, plenum::milliseconds(0)) == WaitResult::timeout;
  }));
}

TEST_CASE("a wait for a signal with a timeout returns on a signal, or with none") {
  CHECK(holds_in_prepared_child([] {
    if (wait_for_signal(plenum::milliseconds(1)) != Signal::none) return false;
    ::raise(SIGHUP);
    if (wait_for_signal(plenum::milliseconds(5000)) != Signal::reload) return false;
    ::raise(SIGINT);
    return wait_for_signal(plenum::milliseconds(5000)) == Signal::stop;
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
