// The facts from which the state of a run is computed, and the effects that follow from them.
// Live operation applies them as they happen; a restart applies the same facts, read from the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/state/budget.h"

namespace plenum::workflow {

// --- facts ---

// A ready step starts.
struct StepStarted {
  StepIndex step = 0;
  int number = 0;         // its chunk_number; 0: the next one
  int first_attempt = 1;  // number of its first attempt
  // Why members of its fallback chain failed in the stream whose output is reused, in order.
  std::vector<std::string> earlier_failures{};
};

// A call starts under the cost cap, or has to wait for running calls. The event of a reservation contains its bound: a
// restored run reserves the same.
struct CallReserved {
  StepIndex step = 0;
  CallBound bound;
};
struct CallPostponed {
  StepIndex step = 0;
  CallBound bound;
};
// The cost cap does not allow the next call of a step, and no running call can free enough of it.
struct CallRejected {
  StepIndex step = 0;
  Cost failed{};  // cost of the provider's attempt before it, if there was one
};

// What follows a failed attempt within its chunk.
enum class AttemptFollowUp : std::uint8_t {
  retry,     // the provider tries again
  fallback,  // the next member of the chain is called
  restart,   // the server was restarted: the same member is called again
};

struct AttemptFailed {
  StepIndex step = 0;
  AttemptFollowUp follow_up = AttemptFollowUp::retry;
  ErrorInfo error;
  ChunkStatus status = ChunkStatus::error;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::string finish_reason{};
  std::chrono::milliseconds wait{0};  // retry: until the next attempt
  std::string parameter{};            // retry: rejected by the provider; the next attempt omits it
  std::string next_model{};           // retry: called instead of a model that the provider does not have
  Generation generation{};
};

// A further call within a chunk whose text continues: the call before it has ended normally.
struct FollowUp {
  enum class Kind : std::uint8_t {
    continuation,  // the text stopped at a token limit
    repair,        // the text does not have the form that the step requires
  };
  Kind kind = Kind::continuation;
  std::string request;  // the message to the model
  std::string problem;  // for users
};
struct FollowUpStarted {
  StepIndex step = 0;
  FollowUp follow_up;
  std::string text{};  // of the chunk so far
  // Of the call that has ended:
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
  std::string finish_reason{};
  Generation generation{};
};

// A started step has ended, in any way: `completed` is the event that reports it. A member that was
// skipped, a straggler and a chunk that was closed with the run end by this fact as well.
struct ChunkFinished {
  StepIndex step = 0;
  ChunkCompleted completed;  // without what is parsed from its output
};

// Every step has ended.
struct PlanCompleted {};

// The run ends before every step has ended. Only the first of these facts counts.
struct CancelRequested {
  std::string by, reason;
};
struct DeadlineReached {};
struct RunFailed {
  ErrorInfo error;
  ChunkStatus open_chunks = ChunkStatus::cancelled;  // how chunks that are open end
};

using Fact = std::variant<StepStarted, CallReserved, CallPostponed, CallRejected, AttemptFailed, FollowUpStarted,
                          ChunkFinished, PlanCompleted, CancelRequested, DeadlineReached, RunFailed>;

// --- effects ---

// Every open call is to be aborted, and its chunk to be reported as ChunkFinished with this end.
struct CloseChunks {
  ChunkStatus status = ChunkStatus::cancelled;
  ErrorInfo error;
};

struct Effects {
  std::vector<Event> events;         // to be emitted in this order, before anything else happens
  std::optional<CloseChunks> close;  // the run is about to end
  bool steps_may_start = false;      // a chunk ended: RunState::ready() and done() may have changed
  bool budget_was_freed = false;     // calls that wait for it may start
  std::vector<StepSample> samples;   // of a completed run, for later estimates
  bool has_answer = false;           // the last event is a task_completed with an answer
};

// The error of a chunk that was closed as a straggler; a chunk that a user skipped has another one.
inline constexpr std::string_view straggler_reason = "the answer was no longer needed";
inline bool is_straggler(const ChunkCompleted& completed) {
  return completed.status == ChunkStatus::skipped && completed.error && completed.error->message == straggler_reason;
}

// The reason of a chunk_reset that only a restart of the server caused.
inline constexpr std::string_view restarted_reason = "the server was restarted during this call";

}  // namespace plenum::workflow
