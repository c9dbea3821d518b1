#include "server/http/shared/shared_renders.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace plenum::tests {

using namespace plenum::http;
using runtime::MemoryBudget;
using runtime::MemoryKind;

namespace {

constexpr std::size_t render_unit = 1024 * 1024;

struct Renders {
  std::function<std::string()> counted = [this] { return ++rendered, std::string(render_unit, 'x'); };
  std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>(32 * render_unit);  // 12 MiB for renders
  SharedRenders renders{memory, redaction::Scrubber({"s3cr3t-key-of-the-test"})};
  std::atomic<int> rendered{0};
};

}  // namespace

TEST_CASE_FIXTURE(Renders, "readers of one document share one body, charged once and freed with the last of them") {
  auto first = renders.get("a", 4 * render_unit, counted);
  auto second = renders.get("a", 4 * render_unit, counted);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->get() == second->get());
  CHECK(rendered == 1);
  CHECK(memory->used(MemoryKind::renders) >= render_unit);
  CHECK(memory->used(MemoryKind::renders) < 2 * render_unit);  // no longer what rendering took
  first->reset();
  CHECK(memory->used() > 0);
  second->reset();
  CHECK(memory->used() == 0);
  CHECK(renders.get("a", 4 * render_unit, counted));
  CHECK(rendered == 2);
}

TEST_CASE_FIXTURE(Renders, "a document whose rendering does not fit is rejected without rendering it") {
  const auto held = renders.get("a", 8 * render_unit, [] { return std::string(8 * render_unit, 'x'); });
  REQUIRE(held);
  const auto rejected = renders.get("b", 8 * render_unit, counted);
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == ErrorCode::busy);
  CHECK(rejected.error().retry_after);
  CHECK(rendered == 0);
  CHECK(renders.get("a", 8 * render_unit, counted));
}

TEST_CASE_FIXTURE(Renders, "threads that request one document at once render it once") {
  std::vector<std::thread> threads;
  std::vector<SharedBodyPtr> bodies(8);
  for (auto& body : bodies) {
    threads.emplace_back([&] { body = renders.get("a", 4 * render_unit, counted).value(); });
  }
  for (auto& thread : threads) thread.join();
  CHECK(rendered == 1);
}

TEST_CASE_FIXTURE(Renders, "an exception reaches its caller, and the next one renders again") {
  CHECK_THROWS(renders.get("a", render_unit, []() -> std::string { throw std::runtime_error("no"); }));
  const auto body = renders.get("a", render_unit, counted);
  REQUIRE(body);
  CHECK(memory->used() == (*body)->bytes.capacity());
}

TEST_CASE_FIXTURE(Renders, "keys are redacted before a body is shared") {
  const auto body = renders.get("a", 10, [] { return std::string("the s3cr3t-key-of-the-test"); });
  CHECK((*body)->bytes == "the [REDACTED]");
}

}  // namespace plenum::tests
