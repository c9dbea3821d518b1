// All streams of this process: opens, finds, lists and reaps them. Every call may come from any thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "server/runtime/guarded.h"
#include "server/runtime/loops.h"
#include "server/stream/stream.h"

namespace plenum::stream {

struct ManagerOptions {
  std::size_t streams_max = 100'000;                 // held at once, finished ones included
  std::size_t running_max = 2'000;                   // not yet finished
  std::size_t log_bytes_max = std::size_t{1} << 30;  // memory of all logs together
  std::chrono::seconds tombstone_life{24 * 3600};    // how long a reaped id answers 410
  std::size_t tombstones_max = 100'000;
  StreamLimits stream{};
};

struct ManagerCounts {
  std::array<std::size_t, 7> by_status{};  // in the order of TaskStatus
  std::size_t readers = 0, queue_depth = 0, log_bytes = 0;
  std::uint64_t opened_total = 0, reaped_total = 0, evicted_total = 0;
};

// Why a stream was not found.
enum class Absence : std::uint8_t { unknown, gone };

class StreamManager {
 public:
  using LogFactory = std::function<std::unique_ptr<core::EventLog>()>;

  StreamManager(runtime::Loops& loops, const Clock& clock, LogFactory new_log, ManagerOptions options);
  ~StreamManager();

  // A new stream on its home loop. When the house is full, finished streams that nobody reads make
  // room, the longest idle first; when there are none the answer is busy with a retry_after.
  Result<std::shared_ptr<Stream>> open(TaskSpec spec, std::vector<SkippedMember> skipped);
  // The stream; touches it. Otherwise why not.
  tl::expected<std::shared_ptr<Stream>, Absence> find(const StreamId& id) const;
  // Newest first, at most limit, older than the stream `before` when one is given.
  // Nothing when that one has gone: the caller lost its place.
  std::optional<std::vector<std::shared_ptr<Stream>>> list(std::size_t limit,
                                                           const std::optional<StreamId>& before) const;
  // Every stream that has not finished.
  std::vector<std::shared_ptr<Stream>> unfinished() const;
  ManagerCounts counts() const;
  // Removes finished streams whose idle time is over, and old tombstones. Call it every few seconds,
  // from one thread.
  void reap();
  const std::string& epoch() const { return epoch_; }

 private:
  struct Table;
  void remove(Table& table, const StreamId& id, SteadyTime now) const;
  bool make_room(Table& table, SteadyTime now) const;
  std::size_t evict(Table& table, SteadyTime now) const;

  runtime::Loops& loops_;                           // set once
  const Clock& clock_;                              // set once
  const LogFactory new_log_;                        // set once
  const ManagerOptions options_;                    // set once
  const std::string epoch_;                         // set once
  const std::shared_ptr<StreamTotals> totals_;      // set once; its parts: any thread
  std::unique_ptr<runtime::Guarded<Table>> table_;  // guarded
};

}  // namespace plenum::stream
