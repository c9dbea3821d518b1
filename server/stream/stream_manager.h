// All streams: opens, finds, lists and deletes them. With a store, memory holds the running and the recently used
// streams; the others are loaded on demand.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/result.h"
#include "server/runtime/event_loop_group.h"
#include "server/runtime/guarded.h"
#include "server/stream/conversation_directory.h"
#include "server/stream/opened_streams.h"
#include "server/stream/stream.h"
#include "server/stream/stream_factory.h"
#include "server/stream/stream_retention.h"
#include "server/stream/stream_table.h"

namespace plenum::stream {

struct ManagerOptions {
  std::size_t streams_max = 100'000;                          // in memory, finished ones included
  std::size_t running_tasks_max = 2'000;                      // not yet finished
  std::size_t event_memory_bytes_max = std::size_t{1} << 30;  // memory of all logs together
  std::chrono::seconds tombstone_ttl{24 * 3600};              // how long a deleted id returns 410
  std::size_t tombstones_max = 100'000;
  seconds retention{3600};   // after its last use, for a task without `ttl_s`
  seconds memory_ttl{3600};  // with a store: a stream is evicted from memory after this time without access
  StreamLimits stream{};
  std::shared_ptr<runtime::MemoryBudget> memory =
      std::make_shared<runtime::MemoryBudget>();  // charged with all streams
  std::function<void()> on_idle{};                // any thread: no unfinished stream, or no subscriber, is left
};

struct ManagerCounts {
  std::array<std::size_t, task_status_count> by_status{};  // in the order of TaskStatus
  std::size_t subscribers = 0, queue_depth = 0, log_bytes = 0;
  std::uint64_t opened_total = 0, reaped_total = 0, evicted_total = 0;
};

// A stream that an earlier process did not finish. No run works on it.
struct RecoveredStream {
  std::shared_ptr<Stream> stream;
  bool cancel_requested = false;  // a cancel was confirmed
  std::vector<core::Frames> log;  // complete; memory may hold less
};

struct NewStream {
  TaskSpec spec;
  std::vector<SkippedMember> skipped;
  core::ExecutionPlan plan{};
  std::string trace_id{};  // empty: a random one
};

// Any thread except event loops, because calls may block on the disk; exceptions are noted.
class StreamManager {
 public:
  // store: null without persistence. Loops, clock and store must outlive the manager.
  StreamManager(runtime::EventLoopGroup& loops, const Clock& clock, LogFactory new_log, ManagerOptions options,
                core::EventStore* store = nullptr);

  // Draws the id, the times and the trace id of a new stream. No side effects; does not block.
  StreamInfo prepare(NewStream what) const;
  // Opens a prepared stream on its owner loop. When this returns, the task is stored, and with it the response for its
  // Idempotency-Key. If memory is full, the finished streams that are idle longest are evicted. Fails with busy and a
  // retry_after at the limit of running tasks, or if no stream can be evicted.
  Result<std::shared_ptr<Stream>> open(StreamInfo info, const std::optional<core::KeyedResponse>& response = {});
  // Counts as a use. Fails with stream_not_found, stream_gone, stream_damaged or an error of the store.
  Result<std::shared_ptr<Stream>> find(const StreamId& id);
  // Newest first. Fails with invalid_cursor if `before` was deleted.
  Result<std::vector<TaskListEntry>> list(const core::TaskQuery& query) const;
  // Deletes the task from memory and store. From now on its id is gone.
  Result<void> purge(const StreamId& id) { return purge(std::vector{id}); }
  Result<void> purge(const std::vector<StreamId>& ids) { return retention_.remove(ids, core::Removal::explicit_); }
  const ConversationDirectory& conversations() const { return conversations_; }  // any thread except event loops
  // Makes a cancel durable.
  Result<void> request_cancel(Stream& stream);
  // Turns of the conversation in the store, oldest first; nullopt without a store.
  Result<std::optional<std::vector<Turn>>> turns(const std::string& conversation_id, std::size_t limit) const;
  // Of the store, or of the streams in memory. In the order in which the tasks ended.
  Result<std::vector<std::string>> comparisons(const core::ComparisonQuery& query) const;
  // Once, before the loops run: restores the streams that an earlier process did not finish.
  Result<std::vector<RecoveredStream>> recover();
  std::vector<std::shared_ptr<Stream>> unfinished() const;  // any thread
  // From now on `opened` receives every stream that open() returns, as long as it exists. Any thread.
  void announce_to(const std::shared_ptr<OpenedStreams>& opened);
  ManagerCounts counts() const;  // any thread
  // Deletes and evicts finished streams. Call it every few seconds, from one thread.
  void reap() { retention_.reap(); }
  const std::string& epoch() const { return factory_.epoch(); }  // any thread
  core::EventStore* store() const { return store_; }             // any thread; null without persistence

 private:
  static constexpr std::ptrdiff_t loads_max = 4;  // at once: a stored stream can be large
  // Two loads of the same stream would hold it twice. By a hash of the id.
  using LoadLocks = std::array<Mutex, 16>;
  bool has_space(StreamTable& table) const;
  std::size_t event_memory_max() const;
  void evict_beyond_memory(StreamTable& table) const;
  EvictTo eviction() const { return store_ == nullptr ? EvictTo::nothing : EvictTo::disk; }
  Result<std::shared_ptr<Stream>> load(const StreamId& id);
  void announce(const std::shared_ptr<Stream>& stream);

  const Clock& clock_;                                                     // set once
  const ManagerOptions options_;                                           // set once
  core::EventStore* const store_;                                          // set once
  const StreamFactory factory_;                                            // any thread
  runtime::Guarded<StreamTable> table_;                                    // guarded
  std::counting_semaphore<> loads_{loads_max};                             // any thread
  LoadLocks load_locks_;                                                   // any thread
  const ConversationDirectory conversations_;                              // any thread
  runtime::Guarded<std::vector<std::weak_ptr<OpenedStreams>>> listeners_;  // guarded
  StreamRetention retention_;  // the thread that calls reap(), except remove(): any thread
};

}  // namespace plenum::stream
