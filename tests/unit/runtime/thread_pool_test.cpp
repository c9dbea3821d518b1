#include "server/runtime/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>

using namespace plenum::runtime;

TEST_CASE("a thread pool rejects work beyond the bound of its queue") {
  std::atomic<bool> begun{false}, go{false};
  ThreadPool pool("test", 1, 2);
  REQUIRE(pool.submit([&] {
    begun = true;
    begun.notify_one();
    go.wait(false);
  }));
  begun.wait(false);  // the only thread is busy: the rest is queued
  CHECK(pool.submit([] {}));
  CHECK(pool.submit([] {}));
  CHECK_FALSE(pool.submit([] {}));
  CHECK(pool.queued() == 2);
  std::atomic<bool> rest{false};
  pool.submit_admitted([&] {
    rest = true;
    rest.notify_one();
  });
  CHECK(pool.queued() == 3);
  go = true;
  go.notify_one();
  rest.wait(false);
}
