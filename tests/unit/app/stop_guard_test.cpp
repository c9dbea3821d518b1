// Each case runs in a child process, because it signals the whole process.
#include "server/app/stop_guard.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/app/prepared_child.h"

namespace plenum::app {

namespace {

constexpr StopLimits never{milliseconds(3'600'000), milliseconds(3'600'000)};

void send(int signal) { ::kill(::getpid(), signal); }

// Waits for a state of the guard; each signal wakes this thread.
void wait_until(StopGuard& guard, const std::function<bool()>& state) {
  while (!state()) guard.main_wake_up().wait(std::nullopt);
}

// Only the guard can end this wait, and with it the process.
bool wait_for_ever(StopGuard& guard) {
  wait_until(guard, [] { return false; });
  return false;
}

void end_well() { ::_exit(0); }
void must_not_end() { ::_exit(1); }

}  // namespace

TEST_CASE("stop signals are counted and wake the main thread, and SIGHUP is a reload") {
  CHECK(tests::holds_in_prepared_child([] {
    StopGuard guard(never, must_not_end);
    send(SIGHUP);
    wait_until(guard, [&] { return guard.take_reload(); });
    if (guard.take_reload() || guard.stop_requests() != 0) return false;
    send(SIGTERM);
    wait_until(guard, [&] { return guard.stop_requests() == 1; });
    send(SIGINT);
    wait_until(guard, [&] { return guard.stop_requests() == 2; });
    return true;  // and the end of the guard does not end the process
  }));
}

TEST_CASE("a stop that is not complete at its deadline ends the process") {
  CHECK(tests::holds_in_prepared_child([] {
    StopGuard guard({milliseconds(1), milliseconds(1)}, end_well);
    send(SIGTERM);
    return wait_for_ever(guard);
  }));
}

TEST_CASE("a stop without a signal has the same deadline") {
  CHECK(tests::holds_in_prepared_child([] {
    StopGuard guard({milliseconds(1), milliseconds(1)}, end_well);
    guard.begin_stop();
    return wait_for_ever(guard);
  }));
}

TEST_CASE("a second stop signal brings the end forward") {
  CHECK(tests::holds_in_prepared_child([] {
    StopGuard guard({milliseconds(3'600'000), milliseconds(1)}, end_well);
    send(SIGTERM);
    wait_until(guard, [&] { return guard.stop_requests() == 1; });
    send(SIGTERM);
    return wait_for_ever(guard);
  }));
}

}  // namespace plenum::app
