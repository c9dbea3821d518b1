// One task being worked on, from start() to its terminal event: the driver of RunState. It applies facts as
// they happen and performs their effects on the loop, the stream and the providers.
// A run stays on its stream's owner loop and is the only producer of that stream: the queue keeps order per
// producer only, and with two producers a step's start could overtake the end that enabled it. Cancel and
// skip are therefore posted to the loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/protocol/task_request.h"
#include "server/core/event_sink.h"
#include "server/core/provider.h"
#include "server/runtime/event_loop.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/event_outbox.h"
#include "server/workflow/run/restore/cached_run.h"
#include "server/workflow/run/restore/run_restorer.h"
#include "server/workflow/run/similar_answer_search.h"
#include "server/workflow/run/state/run_state.h"
#include "server/workflow/run/step_executor.h"

namespace plenum::workflow {

// Only the owner loop.
class Run final : private OutboxOwner {
 public:
  // sink, providers and loop must outlive the run. on_finished is called once, in a later loop iteration
  // than the terminal event, and may destroy the run. A resumed run must have the trace_id and the assignment
  // of the run before it; when its recorded chunks do not fit them, the task ends with `interrupted`.
  Run(Assignment assignment, TaskSpec spec, std::string trace_id, core::EventSink& sink, core::Providers& providers,
      runtime::EventLoop& loop, std::function<void()> on_finished, std::optional<Resume> from = std::nullopt);
  ~Run() override;  // aborts open calls without emitting anything
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void start();
  // Aborts every open call, ends its chunk as cancelled and the task with task_cancelled. No effect once the
  // run has finished.
  void cancel(std::string_view by, std::string_view reason);
  // As cancel, with task_error.
  void fail(const Error& error);
  // Aborts the open calls of this member; their chunks end as skipped and the run continues without them as
  // far as it can. False when none is open.
  bool skip(std::string_view member);
  bool finished() const { return finished_; }

 private:
  void on_overflow() override;
  void on_drained() override;

  // --- facts and effects ---
  void apply(Fact fact);
  void perform(Effects effects);
  void emit(Event event);
  void cache_answer(const TaskResult& result);

  // --- the start ---
  // Whether a search for a similar answered task has started; on_search() continues.
  bool search_similar();
  void on_search(SimilarAnswerSearch::Outcome outcome);
  void start_calls();
  void emit_cached(CacheHit hit);

  // --- the start of a run that is not the first of its task ---
  bool answers_from_cache() const;
  void resume();
  // False when the restored run has ended, or ends now.
  bool continue_restored();
  void emit_resumed();

  void emit_preamble();
  void emit_progress();
  void arm_deadline();
  bool was_emitted(const char* code) const { return from_ && from_->recorded.codes.count(code) > 0; }
  milliseconds elapsed() const;

  const Assignment assignment_;  // set once, as everything down to due_
  const TaskSpec spec_;
  const std::string trace_id_;
  core::Providers& providers_;
  runtime::EventLoop& loop_;
  const SteadyTime accepted_;
  const SteadyTime due_;  // deadline of the task

  std::function<void()> on_finished_;  // empty once called
  std::optional<Resume> from_;         // absent once the run continues by itself
  RunState state_;
  EventOutbox outbox_;
  StepExecutor steps_;
  runtime::TimerId deadline_timer_ = 0;
  std::unique_ptr<SimilarAnswerSearch> search_;  // null: none is open
  std::optional<core::TaskVector> task_vector_;  // of a task whose answer is cached
  bool finished_ = false;                        // the terminal event has been emitted
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace plenum::workflow
