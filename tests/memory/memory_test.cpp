// A short run of memory_run.
#include <doctest/doctest.h>

#include "tests/memory/memory_run.h"

namespace plenum::tests {

TEST_CASE("under a memory limit, load in every way stays within it, and other streams continue") {
  MemoryOptions options;
  options.memory_mib = 128;
  options.scale = 0.02;
  options.answer_bytes = 1'000'000;
  options.settle = options.hold = seconds(1);
  const MemoryReport report = run_memory(options, nullptr);
  INFO(report.text(options));
  CHECK_FALSE(report.stream_ended);
  for (const MemoryStep& step : report.steps) {
    CAPTURE(step.name);
    CHECK(step.accepted > 0);
    CHECK(step.livez_failures == 0);
    CHECK(step.accepted + step.rejected <= step.requests);
  }
  // Sanitizers multiply the memory of a process, and the fixed part of a debug build is large beside so small a limit.
  if (!sanitized()) CHECK(report.peak_part(options) <= 1.5);
}

}  // namespace plenum::tests
