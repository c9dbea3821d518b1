// Storage of tasks and their event logs beyond the memory of this process, as a port for the stream module.
// docs/event-log.md defines the guarantees.
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
#include "server/core/answer_cache.h"
#include "server/core/event_log.h"
#include "server/core/store_kind.h"

namespace plenum::core {

using SharedText = std::shared_ptr<const std::string>;

// Serialized execution plan; opaque to the store.
struct ExecutionPlan {
  std::string json;       // an object; empty: none
  SharedText workflow{};  // source of the workflow file; stored once for all tasks with the same text
};

// One task as stored. The fields from `status` on are updated when the task ends.
struct StoredTask {
  StreamId id;
  std::string epoch;            // of the ids in its log
  std::string info_json;        // serialized StreamInfo; opaque to the store
  SharedText workflow{};        // of its plan; null in lists, and if its text is damaged
  std::string task;             // searchable
  std::string conversation_id;  // empty: none
  WallTime created_at{};
  seconds retention{0};  // after the last access
  WallTime used_at{};    // last access, accurate to about a minute
  bool cancel_requested = false;
  // Set when the task ends:
  TaskStatus status = TaskStatus::initializing;
  std::uint64_t last_seq = 0;
  int total_chunks = 0, chunks_completed = 0;
  std::optional<WallTime> finished_at;
};

// The first response for an Idempotency-Key; stored and deleted with the task it created.
struct KeyedResponse {
  std::string key;          // with its scope; opaque to the store
  std::string body_sha256;  // of the request
  StreamId stream;
  std::string response;  // body of the 202
};

// Consecutive frames in one buffer; ends are offsets into bytes.
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

// Calls f(seq, frame) for every frame of a log.
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

// How models compared in a completed task: input of the standings.
struct Comparison {
  std::string workflow;
  std::string tag;   // of the task; empty: none
  std::string json;  // opaque to the store; never empty
};

// Stored with the terminal event of a task, in the same transaction.
struct TaskEnding {
  TaskStatus status = TaskStatus::completed;
  WallTime at{};
  int total_chunks = 0, chunks_completed = 0;
  std::string answer;  // searchable, and the context of the next turn of its conversation
  std::optional<Comparison> comparison{};
};

// New frames of one stream.
struct FrameAppend {
  StreamId id;
  std::shared_ptr<const Frames> frames;
  bool sync = false;  // must survive a power failure, not only the end of the process
  std::optional<TaskEnding> ending;
  // Called on the stream's owner loop, in the order of the appends, once the frames are durable. While the disk
  // fails the call is delayed, never skipped: an event must not become visible before it is durable.
  std::function<void()> on_durable;
};

// Appends to the logs of the streams of one loop. One instance per event loop; that loop only.
class DurableWriter {
 public:
  virtual ~DurableWriter() = default;
  virtual void append(FrameAppend append) = 0;
};

// A task with its log. The parts are contiguous.
struct StoredStream {
  StoredTask task;
  std::vector<Frames> parts;
  // False if subscribers may have received events that differ from these or are missing: the ids that follow must
  // not be assigned again under this epoch.
  bool complete = true;
};

struct StoreState {
  bool writable = true;
  std::optional<Error> error;  // set if not writable
};

// Reduces a task to what its reader needs, as soon as it is read: a page of whole tasks can be large.
using TaskReduction = std::function<void(StoredTask&)>;

struct TaskQuery {
  std::size_t limit = 20;
  std::optional<StreamId> before{};    // only tasks older than this one
  std::string words{};                 // all must occur in the task or in the answer; empty: every task
  std::optional<TaskStatus> status{};  // only tasks that ended like this; streams in memory: in any state
  TaskReduction reduce{};              // of stored tasks; empty: they are returned whole
  std::size_t bytes_max = 1U << 20;    // of their texts together: the task that exceeds it is the last one
};

// All tasks with one conversation id.
struct StoredConversation {
  std::string id;
  std::string title;       // set by a client; empty: none
  std::string first_task;  // start of the text of its oldest task, at least 4 KiB
  StreamId newest;         // its newest task
  std::size_t tasks = 0, completed = 0;
  WallTime created_at{};  // of its oldest task
  WallTime updated_at{};  // the newest acceptance or end of a task
};

struct ConversationQuery {
  std::size_t limit = 20;
  std::optional<StreamId> before{};  // only conversations whose newest task is older than this one
  std::string words{};               // all must occur in its title, or in one of its tasks; empty: every conversation
};

struct ConversationTask {
  StoredTask task;
  std::string answer;  // empty: none
  bool intact = true;  // false: stored data is damaged; only the id is certain
};

struct ConversationTaskQuery {
  std::string conversation_id;
  std::size_t limit = 20;
  std::optional<StreamId> after{};   // only tasks newer than this one
  std::size_t bytes_max = 1U << 20;  // of their texts together; one task is always returned
  TaskReduction reduce{};            // empty: tasks are returned whole
};

struct ComparisonQuery {
  std::string workflow{}, tag{};    // only these; empty: all
  std::optional<WallTime> since{};  // only tasks that ended then or later
  std::size_t limit = 10'000;       // tasks
  std::size_t bytes_max = 64U << 20;
};

// explicit_: requested by a client; no part of the text remains in the file. by_age: retention or quota; rows are
// deleted at once, free pages are overwritten later.
enum class Removal { explicit_, by_age };

// Errors that every store reports with the same text.
inline Error no_such_stream() { return {ErrorCode::stream_not_found, "No stream has this id."}; }
inline Error stream_gone() { return {ErrorCode::stream_gone, "This stream was deleted."}; }
inline Error cursor_expired() {
  return {ErrorCode::invalid_cursor, "The task in `cursor` was deleted.", "Start again without a cursor."};
}

inline Error no_such_conversation() {
  return {ErrorCode::not_found, "No conversation has this id.", "List the conversations for their ids."};
}

// Any thread except event loops: every call may block on the disk. Calls fail with store_unavailable or store_full,
// and with what is listed at the call.
class EventStore {
 public:
  virtual ~EventStore() = default;
  virtual std::string_view name() const = 0;  // as reported to clients
  virtual DurableWriter& durable_writer(unsigned loop) = 0;

  // On success the task and the response for its key survive a power failure.
  virtual Result<void> accept(const StoredTask& task, const std::optional<KeyedResponse>& response) = 0;
  // On success the request survives a power failure: the task does not continue after a restart.
  virtual Result<void> request_cancel(const StreamId& id) = 0;
  // Deletes the tasks with all their data. Their ids are reported as gone until `gone_until`.
  virtual Result<void> remove(const std::vector<StreamId>& ids, WallTime gone_until, Removal removal) = 0;
  // Records last accesses; not synced, and dropped while the disk fails.
  virtual void touch(std::vector<std::pair<StreamId, WallTime>> accesses) = 0;

  // A finished task. Also fails with stream_not_found, stream_gone or stream_damaged.
  virtual Result<StoredStream> load(const StreamId& id) const = 0;
  // Newest first. Also fails with invalid_cursor if `before` is not stored.
  virtual Result<std::vector<StoredTask>> list(const TaskQuery& query) const = 0;
  // Finished tasks whose retention has passed.
  virtual Result<std::vector<StreamId>> expired(WallTime now, std::size_t limit) const = 0;
  // The oldest finished tasks that must be deleted so that the store is within its quota.
  virtual Result<std::vector<StreamId>> over_quota(std::size_t limit) const = 0;
  virtual Result<std::optional<KeyedResponse>> find_idempotent_response(const std::string& key) const = 0;
  // The newest `limit` completed turns of the conversation, oldest first.
  virtual Result<std::vector<Turn>> turns(const std::string& conversation_id, std::size_t limit) const = 0;
  // By their newest task, newest first. Also fails with invalid_cursor if `before` is not stored.
  virtual Result<std::vector<StoredConversation>> conversations(const ConversationQuery& query) const = 0;
  // Also fails with not_found.
  virtual Result<StoredConversation> conversation(const std::string& id) const = 0;
  // Oldest first. Also fails with invalid_cursor if `after` is not stored.
  virtual Result<std::vector<ConversationTask>> conversation_tasks(const ConversationTaskQuery& query) const = 0;
  // The comparisons of the newest tasks within the limits, in the order in which the tasks ended.
  virtual Result<std::vector<std::string>> comparisons(const ComparisonQuery& query) const = 0;
  // No effect if the conversation does not exist. Empty: no title.
  virtual Result<void> rename_conversation(const std::string& id, const std::string& title) = 0;

  // Once, before the first append: tasks that an earlier process did not finish.
  virtual Result<std::vector<StoredStream>> load_unfinished() = 0;
  // Replaces all stored data of an unfinished task, under its new epoch.
  virtual Result<void> replace(const StoredStream& stream) = 0;

  virtual StoreState state() const = 0;
  // The cached answers of its tasks; null: the cache is in memory only.
  virtual AnswerStore* answers() { return nullptr; }
};

// The name of the storage backend in use; null: none but memory.
inline std::string_view store_name(const EventStore* store) {
  return store == nullptr ? name_of(StoreKind::memory) : store->name();
}

}  // namespace plenum::core
