// The events of a stream: payloads, encoding and parsing (docs/protocol.md, "Events"). A new event is a payload struct,
// a name, a writer and a reader.
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
  unknown,  // an event of a newer server; never written
};
std::string_view name_of(EventType type);
EventType event_type_named(std::string_view name);

// The source of an event: the part of the envelope that all events of one chunk share. Immutable, so that it is encoded
// once and shared by every token.
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
  int total_chunks = 0;  // never grows: steps that are not needed are subtracted
  int completed = 0;
  std::vector<std::string> pending, completed_chunks;
  std::int64_t elapsed_ms = 0;
  std::string fastest;  // chunk; empty before the first finished one
  std::optional<std::int64_t> fastest_latency_ms;
  std::optional<double> estimated_time;  // seconds; absent without statistics
  std::optional<Cost> estimated_cost;    // of the whole task; absent without prices and statistics
  std::optional<Cost> cost;              // of the finished calls; absent from an older server
  // What the estimates are based on: `history` (earlier runs) or `prices` (prices and the size of the prompts).
  // Empty without estimates, and once no step is pending.
  std::string estimate_origin{};
  bool operator==(const TaskProgress&) const = default;
};
struct ChunkStarted {
  std::string description;
  std::string kind;  // of the step: generate, rank, vote, review, merge, query, search; empty from an older server
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
  std::optional<std::int64_t> ttft_ms;  // absent without tokens
  std::string finish_reason;
  bool truncated = false;   // the model stopped at its token limit; absent on the wire when false
  std::string reasoning{};  // of the last attempt; absent on the wire when empty
  // Position in `output`, in bytes, of the text of a follow-up call that repaired the form of the answer; 0: none.
  std::int64_t repaired_at = 0;  // absent on the wire when 0
  bool cached = false;
  std::optional<ErrorInfo> error;
  std::vector<std::string> parsed_ranking{};  // of a ranking: members, best first
  std::vector<std::string> label_order{};     // of a ranking: members in the order of the labels A, B, …
  std::optional<bool> found{};                // of a search
  // Of a search, or those that the model cited. Absent on the wire when empty, unless it is a search.
  std::vector<SourceRef> sources{};
  Generation generation{};                         // of the last call
  std::vector<std::string> omitted_attachments{};  // names of those that the model does not accept; likewise
  bool operator==(const ChunkCompleted&) const = default;
};
struct ChunkReset {
  std::string reason, next_member, next_model;
  Usage usage;  // of the discarded attempt
  Cost cost;
  std::int64_t latency_ms = 0;
  ChunkStatus status = ChunkStatus::error;  // of the discarded attempt
  Generation generation{};                  // likewise
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
  std::string state_json;  // an object: seq, status, chunks, progress, result; fields of the envelope are omitted
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
  TaskResult result;  // partial
  bool operator==(const TaskError&) const = default;
};
struct TaskCancelled {
  std::string by, reason;
  TaskResult result;  // partial
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

// An event as emitted by a run. The owner loop of the stream adds number and time, and encodes it.
struct Event {
  EventPayload payload;
  std::shared_ptr<const EventSource> source;  // null for events of the whole task

  EventType type() const { return static_cast<EventType>(payload.index()); }
  bool terminal() const {
    return type() == EventType::task_completed || type() == EventType::task_error ||
           type() == EventType::task_cancelled;
  }
};

// The position and time of an event.
struct EventStamp {
  std::uint64_t seq = 0;  // 0: a control frame, which has no id and does not move the cursor
  WallTime time{};
  std::int64_t t_ms = 0;  // since acceptance
};

// Encodes the events of one stream as frames. Fields that all events share are encoded once.
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
  std::string caller_fields_;  // message_id and conversation_id, if set
  std::string epoch_;
};

// A parsed event.
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

// Parses the `data` of a frame. Unknown fields are ignored, an unknown type becomes an UnknownEvent. Fails with
// malformed unless it is a JSON object with a `type`. Any thread.
Result<ReceivedEvent> parse_event(std::string_view json);

}  // namespace plenum
