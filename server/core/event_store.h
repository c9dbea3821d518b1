// Where tasks and their logs are kept beyond the memory of this process, as streams need it.
// docs/event-log.md says what is promised and when.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/task_request.h"
#include "common/protocol/task_result.h"
#include "server/core/event_log.h"

namespace plenum::core {

using SharedText = std::shared_ptr<const std::string>;

// How a task is worked on, in the words of who works on it; opaque here.
struct ExecutionPlan {
  std::string json;       // an object; empty: none
  SharedText workflow{};  // as it is written; kept once for all tasks that have the same
};

// A task as it is kept. What changes while it runs is brought up to date when it ends.
struct StoredTask {
  StreamId id;
  std::string epoch;            // of the ids in its log
  std::string facts_json;       // what was accepted, in the words of the stream room; opaque here
  SharedText workflow{};        // of its plan; null in lists, and when it is not known any more
  std::string task;             // what is searched for
  std::string conversation_id;  // empty: none
  WallTime created_at{};
  seconds kept_for{0};  // after its last use
  WallTime used_at{};   // to within a minute or so
  bool cancel_requested = false;
  // Once it has ended:
  TaskStatus status = TaskStatus::initializing;
  std::uint64_t last_seq = 0;
  int total_chunks = 0, chunks_completed = 0;
  std::optional<WallTime> finished_at;
};

// An Idempotency-Key and what it was answered; kept with the task that it made.
struct KeyedAnswer {
  std::string key;
  std::string body_sha256;
  StreamId stream;
  std::string answer;  // the body of the 202
};

// Frames that lie one behind the other; ends are offsets into bytes.
struct Frames {
  std::uint64_t first_seq = 1;
  std::string bytes;
  std::vector<std::uint32_t> ends;

  std::uint64_t last_seq() const { return first_seq + ends.size() - 1; }
  bool empty() const { return ends.empty(); }
  std::string_view frame(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
};

// Calls f(number, frame) for every frame of a log.
template <class F>
void each_frame(const std::vector<Frames>& log, F&& f) {
  for (const Frames& part : log) {
    for (std::size_t i = 0; i < part.ends.size(); ++i) f(part.first_seq + i, part.frame(i));
  }
}

inline Frames copy_of(const FrameSpan& span) {
  Frames frames{span.first_seq, std::string(span.bytes), {}};
  for (std::size_t i = 0; i < span.ends.size(); ++i) frames.ends.push_back(static_cast<std::uint32_t>(span.end(i)));
  return frames;
}

// What the store notes of a task that ends, in the same moment as its terminal event.
struct TaskEnding {
  TaskStatus status = TaskStatus::completed;
  WallTime at{};
  int total_chunks = 0, chunks_completed = 0;
  std::string answer;  // what is searched for, and what a conversation goes on from
};

// New frames of one stream.
struct FrameRecord {
  StreamId id;
  std::shared_ptr<const Frames> frames;
  bool sync = false;  // must survive a power failure, not only the end of the process
  std::optional<TaskEnding> ending;
  // Called on the stream's owner loop, in the order of the records, once the frames are kept. When they
  // cannot be kept now it is called later, as soon as they are: nothing is shown that is not kept.
  std::function<void()> kept;
};

// One for each loop; only that loop.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void record(FrameRecord record) = 0;
};

// A task with its log. Parts follow each other without a hole.
struct StoredStream {
  StoredTask task;
  std::vector<Frames> parts;
  // False when readers may have seen more than is here, or other than is here: its ids must not be used again.
  bool whole = true;
};

struct StoreState {
  bool writable = true;
  std::optional<Error> error;  // why not
};

struct TaskQuery {
  std::size_t limit = 20;
  std::optional<StreamId> before{};  // older than this one
  std::string words{};               // all of them in the task or in the answer; empty: every task
};

// Asked for: no word of it stays anywhere in the file. By age: its rows go at once, the rest some time later.
enum class Removal { asked_for, by_age };

// Why a stream or a place in the list is not there, in the same words from every store.
inline Error no_such_stream() { return {ErrorCode::stream_not_found, "There is no stream with this id."}; }
inline Error stream_gone() { return {ErrorCode::stream_gone, "This stream has ended and is no longer kept."}; }
inline Error cursor_expired() {
  return {ErrorCode::invalid_cursor, "The task that `cursor` names is no longer held.",
          "Begin again without a cursor."};
}

// Any thread but the loops: every call may wait for the disk. Fails with store_unavailable or store_full
// unless a call says otherwise.
class EventStore {
 public:
  virtual ~EventStore() = default;
  virtual std::string_view name() const = 0;  // as `store` is told to readers
  virtual Recorder& recorder(unsigned loop) = 0;

  // When this returns, the task and the answer to its key survive a power failure.
  virtual Result<void> accept(const StoredTask& task, const std::optional<KeyedAnswer>& answer) = 0;
  // Likewise: after a restart the task is not worked on any more.
  virtual Result<void> request_cancel(const StreamId& id) = 0;
  // The tasks with everything that was kept of them; their ids are remembered as gone until then.
  virtual Result<void> forget(const std::vector<StreamId>& ids, WallTime gone_until, Removal removal) = 0;
  // When they were last asked for; written when it is convenient.
  virtual void used(std::vector<std::pair<StreamId, WallTime>> when) = 0;

  // A task that has ended. Fails with stream_not_found, stream_gone or stream_damaged as well.
  virtual Result<StoredStream> load(const StreamId& id) const = 0;
  // Newest first. Fails with invalid_cursor when `before` is not held.
  virtual Result<std::vector<StoredTask>> list(const TaskQuery& query) const = 0;
  // Tasks that ended and whose time is over.
  virtual Result<std::vector<StreamId>> expired(WallTime now, std::size_t limit) const = 0;
  // The oldest tasks that ended, as many as must go so that all together take no more room than they may.
  virtual Result<std::vector<StreamId>> over_quota(std::size_t limit) const = 0;
  virtual Result<std::optional<KeyedAnswer>> answered(const std::string& key) const = 0;
  // Turns of the conversation that ended with an answer, oldest first; the newest `limit` of them.
  virtual Result<std::vector<Turn>> turns(const std::string& conversation_id, std::size_t limit) const = 0;

  // Once, before anything is recorded: tasks that an earlier process left unfinished.
  virtual Result<std::vector<StoredStream>> load_unfinished() = 0;
  // In place of what is kept of such a task, under its new epoch.
  virtual Result<void> replace(const StoredStream& stream) = 0;

  virtual StoreState state() const = 0;
};

}  // namespace plenum::core
