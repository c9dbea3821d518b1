// Starts the steps that the state of a run allows, makes their calls and reports what happens to them as
// facts. What follows from a fact is decided by the state. Only the owner loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/runtime/event_loop.h"
#include "server/workflow/run/chunk_call.h"
#include "server/workflow/run/event_outbox.h"
#include "server/workflow/run/restore/recorded_run.h"
#include "server/workflow/run/state/run_state.h"

namespace plenum::workflow {

class StepExecutor final : private ChunkOwner {
 public:
  // Everything passed in must outlive the executor.
  //   due    deadline of the task
  //   apply  applies a fact to the state and performs its effects
  StepExecutor(const RunState& state, const TaskSpec& spec, EventOutbox& outbox, core::Providers& providers,
               runtime::EventLoop& loop, SteadyTime due, std::function<void(Fact)> apply);
  ~StepExecutor() override = default;  // aborts open calls

  // Performs the effects that concern steps and calls.
  void perform(const Effects& effects);
  // Starts every ready step, closes stragglers and completes the run when every step has ended.
  void start_ready();
  // Aborts the open calls of this member. False when none is open.
  bool skip(std::string_view member);
  // Aborts every open call and reports its chunk as ended.
  void close_open(const CloseChunks& close);

  // --- after a restart, in this order ---
  // Adds the chunks that are open in the log, with their text and times.
  void restore(const RecordedRun& recorded);
  // Discards their attempts; stragglers are closed.
  void restart_open_chunks();
  void start_open_chunks();

 private:
  bool on_delta(const ChunkCall& call, std::string_view delta, TokenKind kind) override;
  void on_queued(const ChunkCall& call, int position) override;
  void on_retry(ChunkCall& call, const core::ChatNotice& notice) override;
  void on_attempt_ended(ChunkCall& call, ChunkStatus status, core::ChatEnd end) override;

  void start_follow_up(ChunkCall& call, const FollowUp& follow_up, core::ChatEnd end);
  void finish_without_follow_up(ChunkCall& call, core::ChatEnd failed);
  ChunkCall& add_call(StepIndex step);
  void start_attempt(StepIndex step);
  // Whether the cost cap allows the call now.
  bool reserve_budget(StepIndex step, core::ChatRequest& request);
  void retry_budget_waiters();
  void reject_call(StepIndex step, Error error);
  void finish_chunk(StepIndex step, ChunkStatus status, const core::ChatEnd& end,
                    const std::optional<ErrorInfo>& why = std::nullopt);
  void close_chunks(const std::vector<StepIndex>& steps, ChunkStatus status, const ErrorInfo& why);
  void close_stragglers();
  std::vector<StepIndex> open_steps() const;
  bool accepting() const { return !state_.finished() && outbox_.accepting(); }
  // Runs at the end of this loop iteration unless the executor is destroyed before. A provider may be in the
  // middle of its transfers when it reports an end, and other ends of the same iteration must be seen first.
  template <class F>
  void defer(F f);

  const RunState& state_;  // set once, as everything down to apply_
  const TaskSpec& spec_;
  EventOutbox& outbox_;
  core::Providers& providers_;
  runtime::EventLoop& loop_;
  const SteadyTime due_;
  const std::function<void(Fact)> apply_;
  std::map<StepIndex, std::unique_ptr<ChunkCall>> calls_;  // owner loop only; of the open chunks
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace plenum::workflow
