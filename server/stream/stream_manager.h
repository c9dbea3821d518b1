// All streams: opens, finds, lists and reaps them. With a durable store those in memory are the ones that run or
// were asked for lately; the others are read from the store when somebody asks. Every call may come from any
// thread but a loop, because it may wait for the disk, unless it says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "server/runtime/event_loop_group.h"
#include "server/runtime/guarded.h"
#include "server/stream/stream.h"

namespace plenum::stream {

struct ManagerOptions {
  std::size_t streams_max = 100'000;                          // held at once, finished ones included
  std::size_t running_tasks_max = 2'000;                      // not yet finished
  std::size_t event_memory_bytes_max = std::size_t{1} << 30;  // memory of all logs together
  std::chrono::seconds tombstone_ttl{24 * 3600};              // how long a reaped id answers 410
  std::size_t tombstones_max = 100'000;
  seconds retention{3600};      // after its last use, a task that says nothing about it (`ttl_s`)
  seconds memory_ttl{15 * 60};  // with a durable store: after its last use a stream leaves memory
  StreamLimits stream{};
  std::function<void()> on_idle{};  // any thread: no unfinished stream, or no subscriber, is left
};

struct ManagerCounts {
  std::array<std::size_t, 7> by_status{};  // in the order of TaskStatus
  std::size_t subscribers = 0, queue_depth = 0, log_bytes = 0;
  std::uint64_t opened_total = 0, reaped_total = 0, evicted_total = 0;
};

// One row of a list: the stream if it is in memory, else what is stored of it.
struct TaskListEntry {
  std::shared_ptr<Stream> stream;
  core::StoredTask stored;
};

// A stream that an earlier process left unfinished. Nothing is under way for it.
struct RecoveredStream {
  std::shared_ptr<Stream> stream;
  bool cancel_requested = false;  // a cancel was acknowledged
  std::vector<core::Frames> log;  // all of it; memory may hold less
};

// What a new stream begins with.
struct NewStream {
  TaskSpec spec;
  std::vector<SkippedMember> skipped;
  core::ExecutionPlan plan{};
  std::string trace_id{};  // empty: one of its own
  // What the caller is answered, if a key asks for the same answer again; called before the task is stored.
  std::function<std::optional<core::KeyedResponse>(const std::shared_ptr<Stream>&)> response{};
};

class StreamManager {
 public:
  using LogFactory = std::function<std::unique_ptr<core::EventLog>()>;

  // store: null keeps streams in memory alone. It must outlive the manager.
  StreamManager(runtime::EventLoopGroup& loops, const Clock& clock, LogFactory new_log, ManagerOptions options,
                core::EventStore* store = nullptr);
  ~StreamManager();

  // A new stream on its owner loop; the store has it when this returns. When the world is full, finished
  // streams that nobody reads make room, the longest idle first; when there are none the answer is busy with a
  // retry_after.
  Result<std::shared_ptr<Stream>> open(NewStream what);
  // The stream; touches it. Fails with stream_not_found, stream_gone, stream_damaged or what the store says.
  Result<std::shared_ptr<Stream>> find(const StreamId& id);
  // Newest first. Fails with invalid_cursor when `before` has gone: the caller lost its place.
  Result<std::vector<TaskListEntry>> list(const core::TaskQuery& query) const;
  // The task with everything that is kept of it, in memory and in the store. From now on its id is gone.
  Result<void> purge(const StreamId& id);
  // A cancel is to outlive the process.
  Result<void> request_cancel(Stream& stream);
  // Turns of the conversation that the store has, oldest first; nothing without one.
  Result<std::optional<std::vector<Turn>>> turns(const std::string& conversation_id, std::size_t limit) const;
  // Once, before the loops run: the streams that an earlier process left unfinished are there again.
  Result<std::vector<RecoveredStream>> recover();
  // Every stream that has not finished. Any thread.
  std::vector<std::shared_ptr<Stream>> unfinished() const;
  ManagerCounts counts() const;  // any thread
  // Removes finished streams whose idle time is over, and old tombstones. Call it every few seconds,
  // from one thread.
  void reap();
  const std::string& epoch() const { return epoch_; }
  core::EventStore* store() const { return store_; }  // null: there is none

 private:
  struct Table;
  enum class EvictTo { memory, for_good };
  void remove(Table& table, const StreamId& id, SteadyTime now, EvictTo how) const;
  bool make_room(Table& table, SteadyTime now) const;
  std::size_t evict(Table& table, SteadyTime now) const;
  std::shared_ptr<Stream> insert(Table& table, std::shared_ptr<Stream> stream, WallTime use_told) const;
  Result<std::shared_ptr<Stream>> materialize(core::StoredStream stored) const;
  core::DurableWriter* durable_writer_of(const StreamId& id) const;
  core::StoredTask stored_task(const Stream& stream) const;
  WallTime last_use(const Stream& stream) const;
  // --- with a store (stored_streams.cpp) ---
  Result<std::shared_ptr<Stream>> load(const StreamId& id);
  void reap_stored();
  std::vector<StreamId> retire_idle();
  std::vector<StreamId> over_quota() const;
  bool forget(const std::vector<StreamId>& old);

  runtime::EventLoopGroup& loops_;                  // set once
  const Clock& clock_;                              // set once
  const LogFactory new_log_;                        // set once
  const ManagerOptions options_;                    // set once
  const std::string epoch_;                         // set once
  core::EventStore* const store_;                   // set once
  const std::shared_ptr<StreamTotals> totals_;      // set once; its parts: any thread
  std::unique_ptr<runtime::Guarded<Table>> table_;  // guarded
};

}  // namespace plenum::stream
