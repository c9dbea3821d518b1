#include "server/runtime/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>

using namespace plenum::runtime;

TEST_CASE("helpers refuse work past their bound instead of keeping it") {
  std::atomic<bool> begun{false}, go{false};
  ThreadPool helpers("test", 1, 2);
  REQUIRE(helpers.submit([&] {
    begun = true;
    begun.notify_one();
    go.wait(false);
  }));
  begun.wait(false);  // the one helper is busy now; what follows waits
  CHECK(helpers.submit([] {}));
  CHECK(helpers.submit([] {}));
  CHECK_FALSE(helpers.submit([] {}));
  CHECK(helpers.waiting() == 2);
  go = true;
  go.notify_one();
}
