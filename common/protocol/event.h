// The event table: every event that a stream can hold, its payload and its JSON, both ways
// (docs/protocol.md, "Events"). A new event is one payload struct, one row and one case each way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/task_result.h"

namespace plenum {

enum class EventType : std::uint8_t {
  task_started,
  task_progress,
  chunk_started,
  token_stream,
  chunk_completed,
  chunk_reset,
  metrics_partial,
  system_message,
  snapshot,
  heartbeat,
  task_completed,
  task_error,
  task_cancelled,
  unknown,  // only ever read: a newer server's event
};
std::string_view name_of(EventType type);
EventType event_type_named(std::string_view name);

// Who speaks: the part of the envelope that all events of one chunk share. Immutable once made, so it
// is encoded once and shared by every token.
struct EventSource {
  std::string chunk;  // step id, e.g. `answer:openai/gpt-4.1`
  int chunk_number = 0;
  std::string agent, stage, member, model;
  int attempt = 0;
  bool operator==(const EventSource&) const = default;
};
// `"chunk":"…","chunk_number":1,…` without braces.
std::string source_fields(const EventSource& source);

enum class TokenKind : std::uint8_t { text, reasoning };

struct TaskStarted {
  std::string task, workflow;
  std::vector<MemberRef> members;
  std::string trace_id;
  bool operator==(const TaskStarted&) const = default;
};
struct TaskProgress {
  int total_chunks = 0;  // never grows: steps that turn out not to be needed leave it
  int completed = 0;
  std::vector<std::string> pending, completed_chunks;
  std::int64_t elapsed_ms = 0;
  std::string fastest;  // chunk; empty until one has finished
  std::optional<std::int64_t> fastest_latency_ms;
  std::optional<double> estimated_time;  // seconds; absent unless derived from history
  std::optional<double> estimated_cost;  // USD, of the whole task; absent unless derived from prices and history
  std::optional<Cost> cost;              // of the calls that ended; absent from an older server
  bool operator==(const TaskProgress&) const = default;
};
struct ChunkStarted {
  std::string description;
  std::string kind;  // what the step does: generate, rank, vote, review, merge, search; empty from an older server
  bool operator==(const ChunkStarted&) const = default;
};
struct TokenStream {
  std::string tokens;  // whole UTF-8 sequences only
  TokenKind kind = TokenKind::text;
  bool operator==(const TokenStream&) const = default;
};
struct ChunkCompleted {
  ChunkStatus status = ChunkStatus::ok;
  std::string output;  // the deltas of the last attempt, joined
  std::int64_t chars = 0;
  std::string sha256;  // of output, lower-case hex
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::optional<std::int64_t> ttft_ms;  // absent when no token came
  std::string finish_reason;
  bool cached = false;
  std::optional<ErrorInfo> error;
  std::vector<std::string> parsed_ranking{};  // of a ranking: members, best first
  std::vector<std::string> label_order{};     // likewise: members in the order of the labels A, B, …
  std::optional<bool> found{};                // of a search
  std::vector<SourceRef> sources{};           // likewise
  bool operator==(const ChunkCompleted&) const = default;
};
struct ChunkReset {
  std::string reason, next_member, next_model;
  Usage usage;  // of the attempt that is void
  Cost cost;
  std::int64_t latency_ms = 0;
  ChunkStatus status = ChunkStatus::error;  // how that attempt ended
  bool operator==(const ChunkReset&) const = default;
};
struct MetricsPartial {
  std::string stage;
  std::vector<std::string> models;
  Usage tokens;
  Cost cost;
  bool operator==(const MetricsPartial&) const = default;
};
struct SystemMessage {
  std::string level = "info";  // info, warning, error
  std::string code, message;
  std::string fields_json;  // further members of the object: `"a":1,"b":"x"`; may be empty
  bool operator==(const SystemMessage&) const = default;
};
struct Snapshot {
  std::string state_json;  // an object: seq, status, chunks, progress, result; what the envelope has too is left to it
  bool operator==(const Snapshot&) const = default;
};
struct Heartbeat {
  std::uint64_t last_seq = 0;
  std::string epoch;
  TaskStatus status = TaskStatus::initializing;
  bool operator==(const Heartbeat&) const = default;
};
struct TaskCompleted {
  TaskResult result;
  bool operator==(const TaskCompleted&) const = default;
};
struct TaskError {
  ErrorInfo error;
  TaskResult result;  // what there was
  bool operator==(const TaskError&) const = default;
};
struct TaskCancelled {
  std::string by, reason;
  TaskResult result;  // what there was
  bool operator==(const TaskCancelled&) const = default;
};
struct UnknownEvent {
  std::string name;
  bool operator==(const UnknownEvent&) const = default;
};

// In the order of EventType.
using EventPayload =
    std::variant<TaskStarted, TaskProgress, ChunkStarted, TokenStream, ChunkCompleted, ChunkReset, MetricsPartial,
                 SystemMessage, Snapshot, Heartbeat, TaskCompleted, TaskError, TaskCancelled, UnknownEvent>;

// What a run says. It has no number yet: the stream's owner loop numbers, stamps and encodes it.
struct Event {
  EventPayload payload;
  std::shared_ptr<const EventSource> source;  // null for events of the task as a whole

  EventType type() const { return static_cast<EventType>(payload.index()); }
  bool terminal() const {
    return type() == EventType::task_completed || type() == EventType::task_error ||
           type() == EventType::task_cancelled;
  }
};

// The place of one event in its stream.
struct EventStamp {
  std::uint64_t seq = 0;  // 0: a control frame, which carries no id and does not move the cursor
  WallTime time{};
  std::int64_t t_ms = 0;  // since acceptance
};

// Encodes one stream's events as frames. Keeps what every event of the stream repeats, ready made.
// Const after construction: any thread.
class EventEncoder {
 public:
  EventEncoder(const StreamId& stream, std::string epoch, std::string message_id, std::string conversation_id);

  // Appends the whole SSE frame: id (unless seq is 0), event, data, blank line.
  void append_frame(std::string& out, const Event& event, const EventStamp& stamp) const;
  // Appends the JSON object alone.
  void append_json(std::string& out, const Event& event, const EventStamp& stamp) const;

  const std::string& epoch() const { return epoch_; }

 private:
  std::string stream_fields_;  // `"stream_id":"…"`
  std::string caller_fields_;  // message_id, conversation_id when given
  std::string epoch_;
};

// An event as a reader sees it.
struct ReceivedEvent {
  std::string type_name;
  std::string stream_id;
  std::uint64_t seq = 0;  // 0: none
  std::string timestamp;
  std::int64_t t_ms = 0;
  EventSource source;
  std::string message_id, conversation_id;
  bool terminal = false;
  EventPayload payload;

  EventType type() const { return static_cast<EventType>(payload.index()); }
};

// The event in the `data` of a frame. Unknown fields are ignored and an unknown name gives an
// UnknownEvent; what is not a JSON object with a `type` is malformed. Any thread.
Result<ReceivedEvent> parse_event(std::string_view json);

}  // namespace plenum
