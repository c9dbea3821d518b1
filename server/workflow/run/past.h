// What the log of a stream says that its run had come to, so that another run can go on from there
// (docs/workflows.md, "Resume after a restart"). Pure data and functions; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/event.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::workflow {

// An attempt that failed or was broken off, and that another one followed.
struct PastAttempt {
  enum class Then : std::uint8_t {
    again,       // the provider tried again
    next_member  // the next of the chain took over
  };
  EventSource source;
  Then then = Then::again;
  bool restarted = false;  // void only because the server went down; the same member was asked again
  std::string reason;
  ChunkStatus status = ChunkStatus::error;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
};

struct PastChunk {
  EventSource source;               // of its newest attempt
  std::vector<PastAttempt> before;  // in order
  std::string text;                 // of the newest attempt; empty once the chunk has ended: see its output
  std::int64_t attempt_began_ms = 0;
  std::optional<std::int64_t> first_token_ms;  // of the newest attempt, since acceptance as all times here
  std::optional<ChunkCompleted> completed;
  std::set<std::string> codes;  // of the system_messages about it
};

// A chunk began or ended.
struct PastMark {
  std::string chunk;
  bool ended = false;
};

// Fed with the events of a log in their order, from the first one on. The readers' own control frames and
// unknown events may be among them and are passed over.
struct Past {
  void add(const Event& event, std::int64_t t_ms);
  void add(const ReceivedEvent& event);

  bool started = false;   // task_started was said
  bool terminal = false;  // there is nothing to go on with
  std::string trace_id;
  std::vector<MemberRef> members;  // as task_started names them
  std::map<std::string, PastChunk> chunks;
  std::vector<PastMark> order;
  std::set<std::string> codes;   // of the system_messages about the task
  std::set<std::string> stages;  // whose metrics_partial was said
  int last_number = 0;           // the greatest chunk_number
  std::int64_t last_ms = 0;      // of the newest event

 private:
  void add(const EventPayload& payload, const EventSource* source);
  void add_message(const SystemMessage& message, PastChunk* chunk);
};

// Why a chunk_reset is said that no failure caused.
inline constexpr std::string_view restarted_reason = "the server was restarted while this answer was on its way";

// Tells a chunk that was passed over from one that somebody skipped.
inline constexpr std::string_view no_longer_waited_for = "the answer was no longer waited for";
inline bool was_passed_over(const ChunkCompleted& completed) {
  return completed.status == ChunkStatus::skipped && completed.error &&
         completed.error->message == no_longer_waited_for;
}

// The events with which a stream ends that cannot go on at all, not even through its plan: its open chunks,
// then a task_error with this error, whose result holds every text.
std::vector<Event> ended_by(const Error& error, const Past& past, const std::string& workflow);

// What a task is to be done again from.
enum class RetryFrom : std::uint8_t { synthesis, rankings, all };
std::optional<RetryFrom> retry_from_named(std::string_view name);

// The part of another stream's past that a new stream of the same task takes over: the chunks that ended
// well, are not of the steps to be done again, and depend on none of them. A chunk that failed goes with
// those that were made without it. Fails with validation_failed when the workflow has no such step, or when
// the chunks are not those of the assignment any more.
Result<Past> taken_over(const Past& past, const Assignment& assignment, RetryFrom from);

// How a run begins that is not the first for its task.
struct Resume {
  enum class How : std::uint8_t {
    go_on,      // the same stream goes on behind its log
    interrupt,  // the same stream ends now, with what there is
    take_over,  // a new stream begins with what taken_over gave
  };
  Past past;
  How how = How::go_on;
  milliseconds elapsed{0};  // since the task was accepted: its deadline counts from there
};

}  // namespace plenum::workflow
