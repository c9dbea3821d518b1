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

struct Visitor final : ConcurrencyLimiter::Waiter {
  void on_queue_position(int position) override { positions.push_back(position); }
  void on_granted() override {
    granted = true;
    if (then) then();
  }
  bool in() const { return ticket != nullptr && (granted || ticket->granted()); }

  std::vector<int> positions;
  bool granted = false;
  std::function<void()> then;
  std::unique_ptr<ConcurrencyLimiter::Slot> ticket;
};

struct TurnstileFixture {
  void turn() {
    for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(0));
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    turn();
  }
  std::vector<std::unique_ptr<Visitor>> visitors(ConcurrencyLimiter& turnstile, int count) {
    std::vector<std::unique_ptr<Visitor>> made;
    for (int i = 0; i < count; ++i) {
      made.push_back(std::make_unique<Visitor>());
      made.back()->ticket = turnstile.enter(loop, *made.back());
    }
    return made;
  }
  static int inside(const std::vector<std::unique_ptr<Visitor>>& all) {
    int count = 0;
    for (const auto& one : all) count += one->in() ? 1 : 0;
    return count;
  }

  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
};

}  // namespace

TEST_CASE_FIXTURE(TurnstileFixture, "without limits everybody is in at once and is counted") {
  ConcurrencyLimiter turnstile({});
  auto all = visitors(turnstile, 50);
  CHECK(inside(all) == 50);
  CHECK(turnstile.counts().in_flight == 50);
  all.clear();
  CHECK(turnstile.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(TurnstileFixture,
                  "no more than concurrent_requests_max are in, and the next in line follows each who leaves") {
  ConcurrencyLimiter turnstile({.concurrent_requests_max = 2});
  auto all = visitors(turnstile, 4);
  turn();
  CHECK(inside(all) == 2);
  CHECK(turnstile.counts().waiting == 2);
  all[0]->ticket.reset();
  CHECK_FALSE(all[2]->granted);  // told in a later turn, never from inside another's call
  turn();
  CHECK(all[2]->granted);
  CHECK_FALSE(all[3]->granted);
  all[1]->ticket.reset();
  turn();
  CHECK(all[3]->granted);
  CHECK(turnstile.counts().in_flight == 2);
}

TEST_CASE_FIXTURE(TurnstileFixture, "who leaves the queue is skipped and hears nothing") {
  ConcurrencyLimiter turnstile({.concurrent_requests_max = 1});
  auto all = visitors(turnstile, 3);
  turn();
  all[1]->ticket.reset();
  all[0]->ticket.reset();
  turn();
  CHECK_FALSE(all[1]->granted);
  CHECK(all[2]->granted);
}

TEST_CASE_FIXTURE(TurnstileFixture, "a slot that was granted but not yet heard of is freed with its ticket") {
  ConcurrencyLimiter turnstile({.concurrent_requests_max = 1});
  auto all = visitors(turnstile, 3);
  turn();
  all[0]->ticket.reset();  // grants to the second, whose loop has not turned yet
  all[1]->ticket.reset();
  turn();
  CHECK_FALSE(all[1]->granted);
  CHECK(all[2]->granted);
  CHECK(turnstile.counts().in_flight == 1);
}

TEST_CASE_FIXTURE(TurnstileFixture, "a position is told on entry and each time it has halved") {
  ConcurrencyLimiter turnstile({.concurrent_requests_max = 1});
  auto all = visitors(turnstile, 11);
  turn();
  for (int i = 0; i < 10; ++i) {
    all[static_cast<std::size_t>(i)]->ticket.reset();
    turn();
  }
  CHECK(all[10]->granted);
  CHECK(all[10]->positions == std::vector<int>{10, 5, 2, 1});
  CHECK(all[0]->positions.empty());
}

TEST_CASE_FIXTURE(TurnstileFixture, "beyond queue_max nobody may wait") {
  ConcurrencyLimiter turnstile({.concurrent_requests_max = 1, .queue_max = 2});
  auto all = visitors(turnstile, 4);
  CHECK(all[2]->ticket != nullptr);
  CHECK(all[3]->ticket == nullptr);
}

TEST_CASE_FIXTURE(TurnstileFixture, "a granted caller may destroy its ticket and enter again") {
  ConcurrencyLimiter turnstile({.concurrent_requests_max = 1});
  auto all = visitors(turnstile, 2);
  turn();
  all[1]->then = [&] { all[1]->ticket.reset(); };
  all[0]->ticket.reset();
  turn();
  CHECK(turnstile.counts().in_flight == 0);
  CHECK(visitors(turnstile, 1).front()->ticket->granted());
}

TEST_CASE_FIXTURE(TurnstileFixture, "calls that wait for the rate go out as tokens come, in order") {
  ConcurrencyLimiter turnstile({.requests_per_minute = 6});  // one at once, one every ten seconds
  auto all = visitors(turnstile, 3);
  turn();
  CHECK(inside(all) == 1);
  pass(seconds(9));
  CHECK(inside(all) == 1);
  pass(seconds(1));
  CHECK(all[1]->granted);
  CHECK_FALSE(all[2]->granted);
  pass(seconds(10));
  CHECK(all[2]->granted);
}

TEST_CASE_FIXTURE(TurnstileFixture, "when the first in line leaves, the next one waits for its token") {
  ConcurrencyLimiter turnstile({.requests_per_minute = 6});
  auto all = visitors(turnstile, 3);
  turn();
  all[1]->ticket.reset();
  turn();
  pass(seconds(10));
  CHECK(all[2]->granted);
}

TEST_CASE_FIXTURE(TurnstileFixture, "a slot that was not used does not count against the minute") {
  ConcurrencyLimiter turnstile({.requests_per_minute = 1});
  auto all = visitors(turnstile, 2);
  turn();
  all[0]->ticket->note_unused();
  all[0]->ticket.reset();
  turn();
  CHECK(all[1]->granted);
}

TEST_CASE("no minute sees more calls than the rate allows, wherever it begins") {
  for (const int per_minute : {1, 2, 6, 7, 20, 60, 600}) {
    CAPTURE(per_minute);
    RateBucket bucket(per_minute);
    std::vector<SteadyTime> taken;
    SteadyTime now{std::chrono::hours(1)};
    for (int i = 0; i < 200'000; ++i, now += milliseconds(1)) {
      if (i == 70'000) now += seconds(90);  // an idle time fills the bucket again
      if (bucket.take(now)) taken.push_back(now);
    }
    std::size_t first = 0, most = 0;
    for (std::size_t last = 0; last < taken.size(); ++last) {
      while (taken[last] - taken[first] >= seconds(60)) ++first;
      most = std::max(most, last - first + 1);
    }
    CHECK(most == static_cast<std::size_t>(per_minute));
  }
}

TEST_CASE("callers on many threads never exceed the bound, and all of them get in") {
  constexpr int threads = 4, rounds = 300, bound = 2;
  SystemClock clock;
  ConcurrencyLimiter turnstile({.concurrent_requests_max = bound});
  std::atomic<int> inside{0}, worst{0}, finished{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      runtime::EventLoop loop(clock);
      for (int round = 0; round < rounds; ++round) {
        Visitor visitor;
        visitor.ticket = turnstile.enter(loop, visitor);
        if (round % 7 == 3 && !visitor.ticket->granted()) continue;  // gives up at once
        while (!visitor.in()) loop.run_once(milliseconds(5));
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
  CHECK(turnstile.counts().in_flight == 0);
  CHECK(turnstile.counts().waiting == 0);
}

TEST_CASE_FIXTURE(TurnstileFixture, "when the only waiting call leaves, the next one gets a timer of its own") {
  // Several rounds, because the fault needs a new call at the address of the one that left.
  ConcurrencyLimiter turnstile({.requests_per_minute = 6});
  auto first = visitors(turnstile, 1);
  REQUIRE(first[0]->in());
  first.clear();
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    visitors(turnstile, 1);  // enters and leaves at once
    turn();
    auto next = visitors(turnstile, 1);
    turn();
    REQUIRE_FALSE(next[0]->in());
    pass(seconds(10));
    CHECK(next[0]->granted);
  }
}
