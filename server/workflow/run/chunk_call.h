// One chunk in flight: the provider call of its current attempt, the text so far, its times and its timeout.
// Which member is called next, and what the end means for the run, is decided by its owner. Only the owner loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"
#include "server/core/provider.h"
#include "server/runtime/event_loop.h"
#include "server/workflow/run/state/prompt_builder.h"

namespace plenum::workflow {

class ChunkCall;

// Every callback may destroy the call.
class ChunkOwner {
 public:
  virtual ~ChunkOwner() = default;
  // False when the stream takes no more events; the delta is not part of the output then.
  virtual bool on_delta(const ChunkCall& call, std::string_view delta, TokenKind kind) = 0;
  virtual void on_queued(const ChunkCall& call, int position) = 0;
  // The provider is about to retry. The owner begins a new attempt or aborts the call.
  virtual void on_retry(ChunkCall& call, const core::ChatNotice& notice) = 0;
  virtual void on_attempt_ended(ChunkCall& call, ChunkStatus status, core::ChatEnd end) = 0;
};

struct CallLimits {
  milliseconds time{0};              // of all attempts of one member together, without the time in the provider's queue
  Error expired;                     // the error after that time
  std::size_t answer_bytes_max = 0;  // of the text: it enters the log, the stream's state, the result, later prompts
};

class ChunkCall final : public core::ChatListener {
 public:
  // Owner and loop must outlive the call. prompt_version: for receipts.
  ChunkCall(StepIndex step, ChunkOwner& owner, runtime::EventLoop& loop, CallLimits limits, std::string prompt_version);
  ~ChunkCall() override;
  ChunkCall(const ChunkCall&) = delete;
  ChunkCall& operator=(const ChunkCall&) = delete;

  StepIndex step() const { return step_; }
  const std::shared_ptr<const EventSource>& source() const { return source_; }

  // A new attempt: output and times start from zero; within a follow-up call, from the text before it.
  void begin_attempt(std::shared_ptr<const EventSource> source);
  // A follow-up call: the output continues, after `separator`.
  void begin_follow_up(std::shared_ptr<const EventSource> source, std::string_view separator, bool repairs);
  // The chunk starts over: a later attempt is no follow-up call.
  void discard_follow_up();
  // The attempt that an earlier run had open, with its output and its times until that run's last event.
  //   started_at  RFC 3339; empty: unknown
  void restore_attempt(std::shared_ptr<const EventSource> source, std::string output, milliseconds age,
                       std::optional<milliseconds> first_token_age, std::string started_at);
  // Starts the full time limit of a member. On expiry the call is aborted and the attempt ends as timeout.
  void start_timer();
  void stop_timer();
  // Calls the member. Callbacks come later, never from inside.
  void start(core::Providers& providers, std::string_view provider, Prompt prompt);
  // Closes the call. The returned end has a cost when it is certain: none before the provider was reached.
  core::ChatEnd abort();

  // The end of the call before the current follow-up call, if the current one is one.
  const std::optional<core::ChatEnd>& end_before() const { return end_before_; }
  void set_end_before(core::ChatEnd end) { end_before_ = std::move(end); }
  const std::string& output() const { return output_; }
  milliseconds latency() const;
  // What the receipt of the current call records, which ended like this.
  Generation generation_of(const core::ChatEnd& end) const;
  // The event that reports the end of the chunk with the current output.
  ChunkCompleted completed(ChunkStatus status, const core::ChatEnd& end) const;

 private:
  void on_text(std::string_view delta) override;
  void on_reasoning(std::string_view delta) override;
  void on_notice(const core::ChatNotice& notice) override;
  void on_end(core::ChatEnd end) override;

  void start_clock();
  bool emit(std::string_view delta, TokenKind kind);
  void resume_timer(milliseconds time_left);
  void on_timeout();

  const StepIndex step_;
  ChunkOwner& owner_;
  runtime::EventLoop& loop_;
  const CallLimits limits_;
  const std::string prompt_version_;
  std::shared_ptr<const EventSource> source_;  // of the current attempt, as everything down to output_
  SteadyTime started_{};
  std::string started_at_;       // the same as RFC 3339
  std::string parameters_json_;  // requested: what was sent is known at the end
  bool reached_provider_ = false;
  std::optional<SteadyTime> first_token_;
  std::string output_, reasoning_;
  std::size_t prefix_bytes_ = 0;             // bytes of output_ before the current follow-up call; 0: it is none
  std::size_t repaired_at_ = 0;              // see ChunkCompleted
  std::optional<core::ChatEnd> end_before_;  // of the follow-up call
  std::vector<std::string> label_order_;     // of the prompt
  SteadyTime due_{};                         // while the timer runs
  milliseconds time_left_{0};                // while it does not
  runtime::TimerId timer_ = 0;
  std::unique_ptr<core::ChatCall> call_;  // last, so that it is closed first
};

}  // namespace plenum::workflow
