// The state of a run as its event log describes it, so that another run can continue behind that log.
// Source: docs/workflows.md, "Resume after a restart".
// Pure data; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/run/state/run_facts.h"

namespace plenum::workflow {

// A call that another one followed.
struct RecordedAttempt {
  EventSource source;
  std::optional<FollowUp::Kind> continues;  // set: it ended normally, and the text continues
  AttemptFollowUp follow_up = AttemptFollowUp::retry;
  std::string reason;
  ChunkStatus status = ChunkStatus::error;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::string finish_reason{};
  Generation generation{};
  std::optional<CallBound> reserved{};  // of the cost cap
};

// Times are in milliseconds since the task was accepted.
struct RecordedChunk {
  EventSource source;                     // of its latest attempt
  std::vector<RecordedAttempt> attempts;  // the calls before it, in order
  std::optional<CallBound> reserved;      // for the latest attempt; nothing without a cap, and before it is reserved
  std::size_t prefix_bytes = 0;           // bytes of `text` before the current follow-up call; 0: it is none
  std::string text;                       // of the latest attempt; empty once the chunk has ended
  std::int64_t attempt_started_ms = 0;    // likewise
  std::string attempt_started_at{};       // the same as RFC 3339; empty: the events had no times
  std::optional<std::int64_t> first_token_ms;  // likewise
  std::optional<ChunkCompleted> completed;
  std::set<std::string> codes;  // of its system_messages
};

// A chunk started or ended.
struct RunMark {
  std::string chunk;
  bool ended = false;
};

// Built from the events of a log in order, from the first one on. Control frames and unknown events are ignored.
class RecordedRun {
 public:
  void add(const Event& event, std::int64_t t_ms);
  void add(const ReceivedEvent& event);

  bool started = false;   // task_started was emitted
  bool terminal = false;  // the log is complete
  std::string trace_id;
  std::vector<MemberRef> members;  // as task_started lists them
  std::map<std::string, RecordedChunk> chunks;
  std::vector<RunMark> order;
  std::set<std::string> codes;             // of the system_messages about the task
  std::optional<CacheOrigin> cached_from;  // of a task that is answered from the cache
  std::set<std::string> stages;            // with a metrics_partial
  std::int64_t last_ms = 0;                // time of the latest event
  std::string last_at;                     // the same as RFC 3339

 private:
  void add(const EventPayload& payload, const EventSource* source);
  RecordedChunk* chunk_of(const EventSource* source);
  void start_chunk(const EventSource& source);
  void end_chunk(RecordedChunk& chunk, const EventSource& source, const ChunkCompleted& completed);
  void add_tokens(RecordedChunk& chunk, const TokenStream& tokens);
  void add_reset(RecordedChunk& chunk, const EventSource& source, const ChunkReset& reset);
  void add_message(RecordedChunk& chunk, const SystemMessage& message);
  void start_attempt(RecordedChunk& chunk);
};

}  // namespace plenum::workflow
