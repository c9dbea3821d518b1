// What a stream's events come to: the state that status, result and snapshot show. Pure: fed with the
// same events it is the same, whoever feeds it.
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
  std::string text;  // of the current attempt
  bool finished = false;
  ChunkStatus status = ChunkStatus::ok;  // when finished
  std::optional<std::int64_t> ttft_ms;
  std::int64_t started_ms = 0;  // since acceptance
  std::int64_t latency_ms = 0;
  std::int64_t chars = 0;  // so far, or of the output
  Usage usage;
  Cost cost;
  std::optional<ErrorInfo> error;
};

struct MemberView {
  MemberRef member;
  std::string status = "waiting";  // waiting, running, then a chunk status
  std::optional<std::int64_t> ttft_ms;
  std::int64_t latency_ms = 0;
  std::int64_t chars = 0;
  UsageSum usage;                        // of its calls that ended
  Cost cost{0.0, CostOrigin::reported};  // of its calls that ended
  int attempt = 0;
  std::optional<ErrorInfo> error;
};

// How a task has ended, from its terminal event; time and counts are left to the caller.
core::TaskEnding ending_of(const Event& terminal);

class StreamState {
 public:
  void apply(const Event& event, const EventStamp& stamp);

  TaskStatus status = TaskStatus::initializing;
  TaskProgress progress;
  std::string current_agent, current_stage;
  std::vector<MemberView> members;
  std::vector<ChunkView> chunks;         // in the order in which they started
  int open_chunks = 0;                   // started and not ended: what they cost is not known yet
  UsageSum usage;                        // of the calls that ended
  Cost cost{0.0, CostOrigin::reported};  // of the calls that ended; exact until one is not
  std::optional<TaskResult> result;      // from the terminal event
  std::optional<ErrorInfo> error;
  std::optional<WallTime> started_at, finished_at;
  WallTime updated_at{};
  std::uint64_t last_seq = 0;  // of the newest event applied
  std::size_t text_bytes = 0;  // of all texts held here, near enough for a bound

 private:
  ChunkView* chunk(const Event& event);
  MemberView* member(const std::string& id);
  void apply_started(const Event& event, const EventStamp& stamp);
  void apply_tokens(const Event& event, const TokenStream& tokens, const EventStamp& stamp);
  void apply_reset(const Event& event, const ChunkReset& reset);
  void apply_completed(const Event& event, const ChunkCompleted& completed);
  void finish(TaskStatus how, const TaskResult& with, const EventStamp& stamp);
};

}  // namespace plenum::stream
