#include "server/provider/limits/concurrency_limiter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;

namespace {

struct Caller final : ConcurrencyLimiter::Waiter {
  void on_queue_position(int position) override { positions.push_back(position); }
  void on_granted() override {
    granted = true;
    if (then) then();
  }
  bool has_slot() const { return slot != nullptr && (granted || slot->granted()); }

  std::vector<int> positions;
  bool granted = false;
  std::function<void()> then;
  std::unique_ptr<ConcurrencyLimiter::Slot> slot;
};

struct LimiterFixture {
  void run_loop() {
    for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(0));
  }
  void advance(std::chrono::nanoseconds time) {
    clock.advance(time);
    run_loop();
  }
  std::vector<std::unique_ptr<Caller>> callers(ConcurrencyLimiter& limiter, int count) {
    std::vector<std::unique_ptr<Caller>> made;
    for (int i = 0; i < count; ++i) {
      made.push_back(std::make_unique<Caller>());
      made.back()->slot = limiter.acquire(loop, *made.back());
    }
    return made;
  }
  static int granted_count(const std::vector<std::unique_ptr<Caller>>& all) {
    int count = 0;
    for (const auto& one : all) count += one->has_slot() ? 1 : 0;
    return count;
  }

  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
};

}  // namespace

TEST_CASE_FIXTURE(LimiterFixture, "without limits every call is granted at once and counted") {
  ConcurrencyLimiter limiter({});
  auto all = callers(limiter, 50);
  CHECK(granted_count(all) == 50);
  CHECK(limiter.counts().in_flight == 50);
  all.clear();
  CHECK(limiter.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(LimiterFixture,
                  "at most concurrent_requests_max calls run, and each released slot is granted to the next waiter") {
  ConcurrencyLimiter limiter({.concurrent_requests_max = 2});
  auto all = callers(limiter, 4);
  run_loop();
  CHECK(granted_count(all) == 2);
  CHECK(limiter.counts().waiting == 2);
  all[0]->slot.reset();
  CHECK_FALSE(all[2]->granted);  // notified in a later iteration
  run_loop();
  CHECK(all[2]->granted);
  CHECK_FALSE(all[3]->granted);
  all[1]->slot.reset();
  run_loop();
  CHECK(all[3]->granted);
  CHECK(limiter.counts().in_flight == 2);
}

TEST_CASE_FIXTURE(LimiterFixture, "a call removed from the queue is skipped without a callback") {
  ConcurrencyLimiter limiter({.concurrent_requests_max = 1});
  auto all = callers(limiter, 3);
  run_loop();
  all[1]->slot.reset();
  all[0]->slot.reset();
  run_loop();
  CHECK_FALSE(all[1]->granted);
  CHECK(all[2]->granted);
}

TEST_CASE_FIXTURE(LimiterFixture, "a slot that was granted but not yet reported is released when destroyed") {
  ConcurrencyLimiter limiter({.concurrent_requests_max = 1});
  auto all = callers(limiter, 3);
  run_loop();
  all[0]->slot.reset();  // grants to the second call, whose loop has not run yet
  all[1]->slot.reset();
  run_loop();
  CHECK_FALSE(all[1]->granted);
  CHECK(all[2]->granted);
  CHECK(limiter.counts().in_flight == 1);
}

TEST_CASE_FIXTURE(LimiterFixture, "the queue position is reported when queued and each time it has halved") {
  ConcurrencyLimiter limiter({.concurrent_requests_max = 1});
  auto all = callers(limiter, 11);
  run_loop();
  for (int i = 0; i < 10; ++i) {
    all[static_cast<std::size_t>(i)]->slot.reset();
    run_loop();
  }
  CHECK(all[10]->granted);
  CHECK(all[10]->positions == std::vector<int>{10, 5, 2, 1});
  CHECK(all[0]->positions.empty());
}

TEST_CASE_FIXTURE(LimiterFixture, "a call beyond queue_max is rejected") {
  ConcurrencyLimiter limiter({.concurrent_requests_max = 1, .queue_max = 2});
  auto all = callers(limiter, 4);
  CHECK(all[2]->slot != nullptr);
  CHECK(all[3]->slot == nullptr);
}

TEST_CASE_FIXTURE(LimiterFixture, "a granted call may destroy its slot in the callback") {
  ConcurrencyLimiter limiter({.concurrent_requests_max = 1});
  auto all = callers(limiter, 2);
  run_loop();
  all[1]->then = [&] { all[1]->slot.reset(); };
  all[0]->slot.reset();
  run_loop();
  CHECK(limiter.counts().in_flight == 0);
  CHECK(callers(limiter, 1).front()->slot->granted());
}

TEST_CASE_FIXTURE(LimiterFixture, "calls that wait for the rate limit are granted in order as tokens arrive") {
  ConcurrencyLimiter limiter({.requests_per_minute = 6});  // one at once, then one every ten seconds
  auto all = callers(limiter, 3);
  run_loop();
  CHECK(granted_count(all) == 1);
  advance(seconds(9));
  CHECK(granted_count(all) == 1);
  advance(seconds(1));
  CHECK(all[1]->granted);
  CHECK_FALSE(all[2]->granted);
  advance(seconds(10));
  CHECK(all[2]->granted);
}

TEST_CASE_FIXTURE(LimiterFixture, "when the first waiter is removed, the next one waits for its token") {
  ConcurrencyLimiter limiter({.requests_per_minute = 6});
  auto all = callers(limiter, 3);
  run_loop();
  all[1]->slot.reset();
  run_loop();
  advance(seconds(10));
  CHECK(all[2]->granted);
}

TEST_CASE_FIXTURE(LimiterFixture, "an unused slot does not count against the rate limit") {
  ConcurrencyLimiter limiter({.requests_per_minute = 1});
  auto all = callers(limiter, 2);
  run_loop();
  all[0]->slot->mark_unused();
  all[0]->slot.reset();
  run_loop();
  CHECK(all[1]->granted);
}

TEST_CASE("calls on many threads never exceed the limit, and all are granted") {
  constexpr int threads = 4, rounds = 300, bound = 2;
  SystemClock clock;
  ConcurrencyLimiter limiter({.concurrent_requests_max = bound});
  std::atomic<int> inside{0}, worst{0}, finished{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      runtime::EventLoop loop(clock);
      for (int round = 0; round < rounds; ++round) {
        Caller caller;
        caller.slot = limiter.acquire(loop, caller);
        if (round % 7 == 3 && !caller.slot->granted()) continue;  // removed from the queue
        while (!caller.has_slot()) loop.run_once(milliseconds(5));
        const int now_inside = ++inside;
        int seen = worst.load();
        while (now_inside > seen && !worst.compare_exchange_weak(seen, now_inside)) {
        }
        --inside;
      }
      ++finished;
    });
  }
  for (auto& thread : running) thread.join();
  CHECK(finished == threads);
  CHECK(worst <= bound);
  CHECK(limiter.counts().in_flight == 0);
  CHECK(limiter.counts().waiting == 0);
}

TEST_CASE_FIXTURE(LimiterFixture, "when the only waiter is removed, the next one gets its own timer") {
  // Several rounds: the failure needs a new entry at the address of the removed one.
  ConcurrencyLimiter limiter({.requests_per_minute = 6});
  auto first = callers(limiter, 1);
  REQUIRE(first[0]->has_slot());
  first.clear();
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    callers(limiter, 1);  // queued and removed at once
    run_loop();
    auto next = callers(limiter, 1);
    run_loop();
    REQUIRE_FALSE(next[0]->has_slot());
    advance(seconds(10));
    CHECK(next[0]->granted);
  }
}
