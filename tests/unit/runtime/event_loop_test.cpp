#include "server/runtime/event_loop.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
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
  std::function<void(std::uint32_t)> ready;
  void on_ready(std::uint32_t events) override { ready(events); }
};

}  // namespace

TEST_CASE("an iteration handles descriptors, then posted work, then timers, then deferred work") {
  ManualClock clock;
  EventLoop loop(clock);
  Pair pair;
  std::string order;
  Handler handler;
  handler.ready = [&](std::uint32_t) {
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

TEST_CASE("deferred work that defers more is finished in the same iteration") {
  ManualClock clock;
  EventLoop loop(clock);
  int runs = 0;
  loop.defer([&] { loop.defer([&] { ++runs; }); });
  loop.run_once(milliseconds(0));
  CHECK(runs == 1);
}

TEST_CASE("a handler that another one unwatches in the same iteration receives no event") {
  ManualClock clock;
  EventLoop loop(clock);
  Pair first, second;
  Handler a, b;
  int calls = 0;
  // The first one unwatches the other.
  a.ready = [&](std::uint32_t) { ++calls, loop.unwatch(second.ends[0], b); };
  b.ready = [&](std::uint32_t) { ++calls, loop.unwatch(first.ends[0], a); };
  REQUIRE(loop.watch(first.ends[0], EPOLLIN, a));
  REQUIRE(loop.watch(second.ends[0], EPOLLIN, b));
  REQUIRE(write(first.ends[1], "x", 1) == 1);
  REQUIRE(write(second.ends[1], "x", 1) == 1);
  loop.run_once(milliseconds(0));
  CHECK(calls == 1);
}

TEST_CASE("a timer follows the steady clock of its loop") {
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

TEST_CASE("work that a loop posts to itself runs in its next iteration without another wake-up") {
  ManualClock clock;
  EventLoop loop(clock);
  bool ran = false;
  loop.post([&] { loop.post([&] { ran = true; }); });
  loop.run_once(milliseconds(0));
  CHECK_FALSE(ran);
  loop.run_once(seconds(10));  // must not wait: the test would take ten seconds
  CHECK(ran);
}

TEST_CASE("posted work may own values that cannot be copied") {
  ManualClock clock;
  EventLoop loop(clock);
  int got = 0;
  loop.post([&got, value = std::make_unique<int>(7)] { got = *value; });
  loop.run_once(milliseconds(0));
  CHECK(got == 7);
}

TEST_CASE("work posted right after the posted work was taken runs in the next iteration") {
  ManualClock clock;
  EventLoop loop(clock);
  int ran = 0;
  loop.post([&] { ++ran; });
  // The loop unlocks its list once it has taken the work.
  tests::after_next_unlock([&] { loop.post([&] { ++ran; }); });
  loop.run_once(milliseconds(0));
  CHECK(ran == 1);
  loop.run_once(milliseconds(0));
  CHECK(ran == 2);
}

#if !defined(NDEBUG)
TEST_CASE("a function of the owner loop may be called before the loop runs and on its thread") {
  SystemClock clock;
  EventLoopGroup loops(clock, 1);
  loops.at(0).assert_on_thread();
  loops.start();
  std::atomic<bool> done{false};
  loops.at(0).post([&] {
    loops.at(0).assert_on_thread();
    done = true;
    done.notify_one();
  });
  done.wait(false);
  loops.stop();
  loops.at(0).assert_on_thread();
}

TEST_CASE("a function of the owner loop aborts on another thread") {
  SystemClock clock;
  EventLoop loop(clock);
  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);
    std::thread([&] { loop.run_once(milliseconds(0)); }).join();
    loop.cancel(1);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}
#endif
