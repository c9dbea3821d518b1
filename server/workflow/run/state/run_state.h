// The state of a run as a pure reducer: facts go in, effects come out. No loop, clock, sink or provider.
// A run that resumes after a restart applies the recorded facts through the same apply(), so that live
// operation and recovery cannot diverge.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/workflow/run/outputs/step_outputs.h"
#include "server/workflow/run/outputs/step_scheduler.h"
#include "server/workflow/run/state/budget_queue.h"
#include "server/workflow/run/state/progress_reporter.h"
#include "server/workflow/run/state/prompt_builder.h"
#include "server/workflow/run/state/run_facts.h"

namespace plenum::workflow {

// A step that has started and not ended.
struct OpenChunk {
  AssignedMember member;                       // of the current attempt
  std::vector<AssignedMember> fallbacks;       // the rest of its chain, in order
  std::shared_ptr<const EventSource> source;   // of the current attempt
  std::string fallback_reason;                 // why earlier members of the chain failed; empty: none did
  std::vector<std::string> label_order{};      // of the prompt of a ranking
  bool continued = false, repaired = false;    // follow-up calls of this attempt: one of each kind
  std::optional<FollowUpStarted> follow_up{};  // the current call is one
};

// Not thread-safe: one per run.
class RunState {
 public:
  // The assignment must outlive the state.
  RunState(const Assignment& assignment, const TaskSpec& spec, const std::string& trace_id);

  // The fact must be possible in this state: a started step was ready, a finished chunk was open.
  //   elapsed  since the task was accepted; reported by progress events
  Effects apply(Fact fact, std::chrono::milliseconds elapsed);

  // --- what may happen next ---
  const StepScheduler& scheduler() const { return scheduler_; }
  // Absent when the prompt would be too large.
  std::optional<Prompt> prompt_of(StepIndex step) const;
  // Whether a fallback is called when this attempt fails. Another member cannot help against a limit
  // of this server or a cancellation.
  bool can_fall_back(StepIndex step, const std::optional<Error>& error) const;
  // Whether follow_up_of() may find anything; cheap.
  bool may_follow_up(StepIndex step, bool truncated) const;
  // The further call that the end of a successful call requires: its text is cut, or cannot be read.
  std::optional<FollowUp> follow_up_of(StepIndex step, const ChunkCompleted& completed) const;
  const BudgetQueue& budget() const { return budget_; }
  // Whether the cost cap allows the next call of an open chunk, and how long its answer may be.
  BudgetQueue::Admission admit(StepIndex step, const core::ChatRequest& request) const;

  // --- what there is ---
  const StepOutputs& outputs() const { return outputs_; }
  const std::map<StepIndex, OpenChunk>& open_chunks() const { return open_; }
  const OpenChunk& open_chunk(StepIndex step) const { return open_.at(step); }
  TaskProgress progress(std::chrono::milliseconds elapsed) const;
  // Set once the run is about to end, until its open chunks have been reported.
  std::optional<CloseChunks> pending_close() const;
  bool finished() const { return finished_; }

 private:
  // Why the run ends before its plan does.
  struct PendingEnd {
    ErrorInfo error;
    ChunkStatus open_chunks = ChunkStatus::cancelled;
    std::shared_ptr<const EventSource> source{};  // the chunk that caused it, if one did
    std::optional<CancelRequested> cancel{};
  };

  void on(StepStarted fact, Effects& effects);
  void on(CallReserved fact, Effects& effects);
  void on(CallPostponed fact, Effects& effects);
  void on(CallRejected fact, Effects& effects);
  void on(AttemptFailed fact, Effects& effects);
  void on(FollowUpStarted fact, Effects& effects);
  void on(ChunkFinished fact, Effects& effects);
  void on(PlanCompleted fact, Effects& effects);
  void on(CancelRequested fact, Effects& effects);
  void on(DeadlineReached fact, Effects& effects);
  void on(RunFailed fact, Effects& effects);

  void record_completion(StepIndex step, const OpenChunk& chunk, ChunkCompleted completed, Effects& effects);
  // A single text is judged by a member that did not write it, if there is one.
  void replace_author(const Step& step, OpenChunk& chunk) const;
  void exclude_substitute(StepIndex step, const std::string& member);
  // Warnings and degradation that follow from the end of a chunk.
  void draw_consequences(StepIndex step, const OpenChunk& chunk, Effects& effects);
  void warn_about(StepIndex step, Effects& effects);
  // A review that still has issues after the last round.
  void warn_about_open_issues();
  void begin_end(PendingEnd end, Effects& effects);
  void finish(Effects& effects);

  const Assignment& assignment_;
  const std::chrono::milliseconds task_deadline_;  // the caller's; 0: the workflow's
  const PromptBuilder prompts_;
  StepScheduler scheduler_;
  StepOutputs outputs_;
  ProgressReporter progress_;
  BudgetQueue budget_;
  std::map<StepIndex, OpenChunk> open_;
  int last_number_ = 0;  // the greatest chunk_number
  std::optional<PendingEnd> pending_end_;
  bool finished_ = false;
  std::chrono::milliseconds elapsed_{0};  // of the fact that is being applied
};

}  // namespace plenum::workflow
