// The memory budget, and what it takes as the memory of the machine.
#include "server/runtime/memory_budget.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "server/runtime/memory_limit.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

using runtime::MemoryBudget;
using runtime::MemoryCharge;
using runtime::MemoryKind;

TEST_CASE("memory is added up to the limit, and one kind only up to its share") {
  MemoryBudget budget(800);
  CHECK(budget.try_add(MemoryKind::requests, 200));
  CHECK_FALSE(budget.try_add(MemoryKind::requests, 1));  // a quarter
  CHECK(budget.try_add(MemoryKind::tasks, 400));
  CHECK(budget.try_add(MemoryKind::responses, 200));
  CHECK_FALSE(budget.try_add(MemoryKind::renders, 1));
  CHECK(budget.used() == 800);
  CHECK(budget.used(MemoryKind::requests) == 200);
  CHECK(budget.rejected() == 2);
  budget.remove(MemoryKind::responses, 100);
  CHECK(budget.try_add(MemoryKind::renders, 100));
}

TEST_CASE("memory that is in use already is added beyond the limit, and then nothing else fits") {
  MemoryBudget budget(800);
  budget.add(MemoryKind::tasks, 900);
  CHECK(budget.used() == 900);
  CHECK_FALSE(budget.fits(MemoryKind::requests, 0));
  CHECK_FALSE(budget.try_add(MemoryKind::requests, 1));
  budget.remove(MemoryKind::tasks, 600);
  CHECK(budget.try_add(MemoryKind::requests, 1));
}

TEST_CASE("a charge grows while it fits, and returns everything at its end") {
  const auto budget = std::make_shared<MemoryBudget>(800);
  {
    MemoryCharge charge(budget, MemoryKind::requests);
    CHECK(charge.resize(150));
    CHECK_FALSE(charge.resize(201));
    CHECK(charge.bytes() == 150);
    CHECK(charge.resize(20));
    charge.set(500);
    CHECK(budget->used(MemoryKind::requests) == 500);
    MemoryCharge moved = std::move(charge);
    CHECK(moved.bytes() == 500);
    moved = MemoryCharge(budget, MemoryKind::bodies);
    CHECK(budget->used() == 0);
    CHECK(moved.resize(10));
  }
  CHECK(budget->used() == 0);
  MemoryCharge of_none;
  CHECK(of_none.resize(1'000'000));
}

TEST_CASE("threads that add at once never exceed the limit") {
  const auto budget = std::make_shared<MemoryBudget>(8000);
  std::atomic<int> granted{0}, most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        MemoryCharge charge(budget, MemoryKind::requests);
        if (!charge.resize(900)) continue;
        const int now = ++granted;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --granted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(most <= 2);  // 2000 bytes are the share
  CHECK(budget->used() == 0);
}

TEST_CASE("the peak is the greatest use since it was last read") {
  MemoryBudget budget;
  budget.add(MemoryKind::bodies, 100);
  budget.remove(MemoryKind::bodies, 90);
  CHECK(budget.take_peak() == 100);
  CHECK(budget.take_peak() == 10);
}

TEST_CASE("the usable memory is the least of the machine and of the control groups") {
  TempDir dir;
  const auto write = [&](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((dir.path() / path).parent_path());
    std::ofstream(dir.path() / path) << text;
  };
  const std::string root = dir.path().string();
  CHECK(runtime::usable_memory(root) == 0);
  write("proc/meminfo", "MemTotal:        8000 kB\nMemFree: 1 kB\n");
  CHECK(runtime::usable_memory(root) == 8'192'000);
  write("proc/self/cgroup", "0::/system/unit\n");
  write("sys/fs/cgroup/system/unit/memory.max", "max\n");
  CHECK(runtime::usable_memory(root) == 8'192'000);
  write("sys/fs/cgroup/system/memory.max", "4096000\n");  // of the parent
  CHECK(runtime::usable_memory(root) == 4'096'000);
  write("sys/fs/cgroup/system/unit/memory.max", "2048000\n");
  CHECK(runtime::usable_memory(root) == 2'048'000);
  write("proc/self/cgroup", "3:cpu,memory:/a\n1:name=systemd:/b\n");  // version 1
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1024000\n");
  CHECK(runtime::usable_memory(root) == 1'024'000);
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n");  // none
  CHECK(runtime::usable_memory(root) == 8'192'000);
}

}  // namespace plenum::tests
