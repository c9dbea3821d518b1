#include "server/app/memory_trimmer.h"

#include <malloc.h>

#include <algorithm>

namespace plenum::app {
namespace {

constexpr std::size_t trimmed_bytes_min = 8 * 1024 * 1024;
constexpr int arenas_max = 4;
// Larger blocks are mappings of their own, which are returned when they are freed. Blocks of event logs are smaller.
constexpr int mapped_bytes_min = 256 * 1024;
constexpr int top_bytes_max = 1024 * 1024;

}  // namespace

bool MemoryTrimmer::is_due(std::size_t peak, std::size_t used) {
  highest_ = std::max(highest_, peak);
  if (highest_ - std::min(highest_, used) < trimmed_bytes_min) return false;
  highest_ = used;
  return true;
}

void MemoryTrimmer::run() {
  const std::size_t peak = memory_->take_peak();
  if (is_due(peak, memory_->used())) ::malloc_trim(0);
}

void bound_allocator() {
  ::mallopt(M_ARENA_MAX, arenas_max);
  ::mallopt(M_MMAP_THRESHOLD, mapped_bytes_min);
  ::mallopt(M_TRIM_THRESHOLD, top_bytes_max);
}

}  // namespace plenum::app
