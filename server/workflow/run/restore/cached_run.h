// A completed run as the answer cache stores it: the ends of its chunks and its terminal event.
// Pure functions; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/run/restore/recorded_run.h"

namespace plenum::workflow {

// A line with a checksum, then one event per line.
std::string write_cached_run(std::span<const Event> events);
// Absent when a byte differs from what was written.
std::optional<std::vector<Event>> read_cached_run(std::string_view bytes);

// Marks what no call was made for: cached, without usage and cost.
ChunkCompleted as_cached(ChunkCompleted completed);
std::vector<Event> as_cached(std::vector<Event> events, const CacheOrigin& origin);

// An answer of the cache.
struct CacheHit {
  std::vector<Event> events;  // as read
  CacheOrigin origin;
  std::string task{};  // the text of the earlier task; empty: the same
};

// The events with which a task is answered from the cache.
//   emitted   what an earlier run of the same stream has emitted of them already
//   first     the progress before the first chunk
std::vector<Event> events_from_cache(CacheHit hit, const RecordedRun& emitted, TaskProgress first);

}  // namespace plenum::workflow
