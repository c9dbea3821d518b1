// The state of a stream, computed from its events: what status, result and snapshot show. Pure: the same events give
// the same state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/event.h"
#include "server/core/event_store.h"

namespace plenum::stream {

struct ChunkView {
  EventSource source;
  std::string text;       // of the current attempt; of a follow-up call, with the text before it
  std::string reasoning;  // likewise; at most reasoning_bytes_max
  bool finished = false;
  ChunkStatus status = ChunkStatus::ok;  // if finished
  std::optional<std::int64_t> ttft_ms;
  std::int64_t started_ms = 0;  // since acceptance
  std::int64_t latency_ms = 0;
  std::int64_t chars = 0;  // so far, or of the output
  Usage usage;
  Cost cost;
  std::optional<ErrorInfo> error;
  std::vector<SourceRef> sources{};  // if finished: of a search, or cited
};

struct MemberView {
  MemberRef member;
  std::string status = "waiting";  // waiting, running, then a chunk status
  std::optional<std::int64_t> ttft_ms;
  std::int64_t latency_ms = 0;
  std::int64_t chars = 0;
  UsageSum usage;                        // of its finished calls
  Cost cost{0.0, CostOrigin::reported};  // of its finished calls
  int attempt = 0;
  std::optional<ErrorInfo> error;
};

// The ending of a task, from its terminal event; the caller sets time, counts and the tag of the comparison.
core::TaskEnding ending_of(const Event& terminal);

class StreamState {
 public:
  void apply(const Event& event, const EventStamp& stamp);

  TaskStatus status = TaskStatus::initializing;
  TaskProgress progress;
  std::string current_agent, current_stage;
  std::vector<MemberView> members;
  std::vector<ChunkView> chunks;         // in the order of their start
  int open_chunks = 0;                   // started and not finished: their cost is unknown
  UsageSum usage;                        // of the finished calls
  Cost cost{0.0, CostOrigin::reported};  // of the finished calls; unknown as soon as one is
  std::optional<TaskResult> result;      // from the terminal event
  std::optional<ErrorInfo> error;
  std::optional<WallTime> started_at, finished_at;
  WallTime updated_at{};
  std::uint64_t last_seq = 0;  // of the newest event applied
  std::size_t text_bytes = 0;  // of all texts in this state, approximately; for the memory limit

 private:
  ChunkView* chunk(const Event& event);
  MemberView* member(const std::string& id);
  void apply_started(const Event& event, const EventStamp& stamp);
  void apply_tokens(const Event& event, const TokenStream& tokens, const EventStamp& stamp);
  // A further call of the chunk: its text continues.
  void apply_message(const Event& event, const SystemMessage& message);
  void apply_reset(const Event& event, const ChunkReset& reset);
  void apply_completed(const Event& event, const ChunkCompleted& completed);
  void finish(TaskStatus how, const TaskResult& with, const EventStamp& stamp);
};

}  // namespace plenum::stream
