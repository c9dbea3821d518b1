#include "server/runtime/event_loop.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "server/runtime/event_loop_group.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/runtime/after_unlock.h"

using namespace plenum;
using namespace plenum::runtime;
using plenum::tests::ManualClock;

namespace {

struct Pair {
  Pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0); }
  ~Pair() {
    close(ends[0]);
    close(ends[1]);
  }
  std::array<int, 2> ends{};
};

struct Handler : FdHandler {
  std::function<void(std::uint32_t)> heard;
  void on_ready(std::uint32_t events) override { heard(events); }
};

}  // namespace

TEST_CASE("a turn hands out descriptors, then posted work, then timers, then deferred work") {
  ManualClock clock;
  EventLoop loop(clock);
  Pair pair;
  std::string order;
  Handler handler;
  handler.heard = [&](std::uint32_t) {
    order += 'd';
    loop.defer([&] { order += 'z'; });
  };
  REQUIRE(loop.watch(pair.ends[0], EPOLLIN | EPOLLET, handler));
  REQUIRE(write(pair.ends[1], "x", 1) == 1);
  loop.after(milliseconds(0), [&] { order += 't'; });
  loop.post([&] { order += 'p'; });
  loop.run_once(milliseconds(0));
  CHECK(order == "dptz");
}

TEST_CASE("deferred work that defers more is finished in the same turn") {
  ManualClock clock;
  EventLoop loop(clock);
  int runs = 0;
  loop.defer([&] { loop.defer([&] { ++runs; }); });
  loop.run_once(milliseconds(0));
  CHECK(runs == 1);
}

TEST_CASE("a handler that is unwatched by another in the same turn hears nothing more") {
  ManualClock clock;
  EventLoop loop(clock);
  Pair first, second;
  Handler a, b;
  int heard = 0;
  // Whichever comes first takes the other away.
  a.heard = [&](std::uint32_t) { ++heard, loop.unwatch(second.ends[0], b); };
  b.heard = [&](std::uint32_t) { ++heard, loop.unwatch(first.ends[0], a); };
  REQUIRE(loop.watch(first.ends[0], EPOLLIN, a));
  REQUIRE(loop.watch(second.ends[0], EPOLLIN, b));
  REQUIRE(write(first.ends[1], "x", 1) == 1);
  REQUIRE(write(second.ends[1], "x", 1) == 1);
  loop.run_once(milliseconds(0));
  CHECK(heard == 1);
}

TEST_CASE("a timer waits for its time and not for the wall") {
  ManualClock clock;
  EventLoop loop(clock);
  bool ran = false;
  loop.after(seconds(15), [&] { ran = true; });
  clock.advance(milliseconds(14'999));
  loop.run_once(milliseconds(0));
  CHECK_FALSE(ran);
  clock.advance(milliseconds(1));
  loop.run_once(milliseconds(0));
  CHECK(ran);
}

TEST_CASE("work posted by one thread runs in the order in which it was posted, on the loop's thread") {
  SystemClock clock;
  EventLoopGroup loops(clock, 1);
  loops.start();
  EventLoop& loop = loops.at(0);
  constexpr int count = 20'000;
  std::vector<int> seen;
  bool all_on_loop = true;
  for (int i = 0; i < count; ++i) {
    loop.post([&, i] {
      seen.push_back(i);
      all_on_loop = all_on_loop && loop.on_loop_thread();
    });
  }
  std::atomic<bool> done{false};
  loop.post([&] { done = true, done.notify_one(); });
  done.wait(false);
  loops.stop();
  CHECK(all_on_loop);
  REQUIRE(seen.size() == count);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("work that a loop posts to itself runs in its next turn without outside help") {
  ManualClock clock;
  EventLoop loop(clock);
  bool ran = false;
  loop.post([&] { loop.post([&] { ran = true; }); });
  loop.run_once(milliseconds(0));
  CHECK_FALSE(ran);
  loop.run_once(seconds(10));  // must not wait: the test would take ten seconds
  CHECK(ran);
}

TEST_CASE("a loop may own what cannot be copied in its work") {
  ManualClock clock;
  EventLoop loop(clock);
  int got = 0;
  loop.post([&got, value = std::make_unique<int>(7)] { got = *value; });
  loop.run_once(milliseconds(0));
  CHECK(got == 7);
}

TEST_CASE("work that is posted right after the posted work was taken runs in the next turn") {
  ManualClock clock;
  EventLoop loop(clock);
  int ran = 0;
  loop.post([&] { ++ran; });
  // The loop unlocks its list when it has taken it.
  tests::after_next_unlock([&] { loop.post([&] { ++ran; }); });
  loop.run_once(milliseconds(0));
  CHECK(ran == 1);
  loop.run_once(milliseconds(0));
  CHECK(ran == 2);
}
