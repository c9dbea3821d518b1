// Returns freed memory to the system after a peak: the allocator keeps it otherwise, because free blocks lie between
// blocks in use. One thread, which must not be an event loop: it can take tens of milliseconds.
// Source: malloc_trim(3).
#pragma once

#include <cstddef>
#include <memory>

#include "server/runtime/memory_budget.h"

namespace plenum::app {

class MemoryTrimmer {
 public:
  explicit MemoryTrimmer(std::shared_ptr<runtime::MemoryBudget> memory) : memory_(std::move(memory)) {}

  // Call it every few seconds.
  void run();
  // Whether so much less is used than at the greatest peak since the last trim that trimming pays. Pure.
  bool is_due(std::size_t peak, std::size_t used);

 private:
  const std::shared_ptr<runtime::MemoryBudget> memory_;  // set once
  std::size_t highest_ = 0;                              // since the last trim
};

// Few arenas and a fixed threshold for large blocks, so that memory that is freed can be returned. In main, before any
// thread is started. Source: mallopt(3).
void bound_allocator();

}  // namespace plenum::app
