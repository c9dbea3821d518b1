#include "server/workflow/run/step_executor.h"

#include <fmt/format.h>

#include <utility>

#include "server/workflow/run/state/run_messages.h"

namespace plenum::workflow {

namespace {

constexpr std::string_view repair_separator = "\n\n";

core::ChatEnd failed_with(Error error, Usage usage, Cost cost) {
  core::ChatEnd end;
  end.usage = usage;
  end.cost = cost;
  end.error = std::move(error);
  return end;
}

AttemptFailed attempt_failed(const ChunkCall& call, AttemptFollowUp follow_up, ChunkStatus status,
                             const core::ChatEnd& end) {
  AttemptFailed fact{call.step(), follow_up, error_info(end.error.value_or(Error{ErrorCode::internal, "failed"})),
                     status,      end.usage, end.cost};
  fact.latency_ms = call.latency().count();
  fact.finish_reason = end.finish_reason;
  fact.generation = call.generation_of(end);
  fact.generation.error_class = fact.error.code;
  return fact;
}

}  // namespace

StepExecutor::StepExecutor(const RunState& state, const TaskSpec& spec, EventOutbox& outbox, core::Providers& providers,
                           runtime::EventLoop& loop, SteadyTime due, std::function<void(Fact)> apply)
    : state_(state),
      spec_(spec),
      outbox_(outbox),
      providers_(providers),
      loop_(loop),
      due_(due),
      apply_(std::move(apply)) {}

template <class F>
void StepExecutor::defer(F f) {
  loop_.defer([f = std::move(f), alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) f();
  });
}

void StepExecutor::perform(const Effects& effects) {
  if (effects.budget_was_freed && state_.budget().budget().capped()) defer([this] { retry_budget_waiters(); });
  if (effects.steps_may_start) defer([this] { start_ready(); });
  if (effects.close) close_open(*effects.close);
}

void StepExecutor::start_ready() {
  const std::vector<StepIndex> ready(state_.scheduler().ready().begin(), state_.scheduler().ready().end());
  for (const StepIndex step : ready) {
    // A cancellation that was requested is carried out in the next iteration; a call started now would be paid for.
    if (!accepting()) return;
    apply_(StepStarted{step});
    add_call(step);
    if (!outbox_.overflowed()) start_attempt(step);
  }
  if (state_.finished()) return;
  close_stragglers();
  if (!state_.finished() && state_.scheduler().done()) apply_(PlanCompleted{});
}

ChunkCall& StepExecutor::add_call(StepIndex step) {
  const milliseconds limit = limit_of(state_.outputs().steps()[step].timeout, spec_.member_deadline);
  const std::string whose = spec_.member_deadline.count() > 0
                                ? "the member_deadline_ms of the task"
                                : fmt::format("the timeout_s of this step of the workflow \"{}\"",
                                              state_.outputs().assignment().workflow->name);
  Error expired{ErrorCode::timeout, fmt::format("no complete answer within {} ms, {}", limit.count(), whose),
                "Give the task a longer member_deadline_ms, or take a faster model."};
  auto& call = calls_[step];
  call =
      std::make_unique<ChunkCall>(step, static_cast<ChunkOwner&>(*this), loop_,
                                  CallLimits{limit, std::move(expired), state_.outputs().assignment().answer_bytes_max},
                                  state_.outputs().prompt_version(step));
  call->begin_attempt(state_.open_chunk(step).source);
  return *call;
}

void StepExecutor::start_attempt(StepIndex step) {
  ChunkCall& call = *calls_.at(step);
  call.start_timer();
  auto prompt = state_.prompt_of(step);
  if (!prompt) {
    return reject_call(step, {ErrorCode::stream_limit,
                              fmt::format("the prompt of this step is larger than {} MiB", rendered_bytes_max >> 20),
                              "Shorten the task or its context, or give it fewer members or rounds."});
  }
  if (!reserve_budget(step, prompt->request)) return call.stop_timer();
  prompt->request.due = due_;
  call.start(providers_, state_.open_chunk(step).member.provider, *std::move(prompt));
}

// Deferred: the caller may be handling the start of the same chunk.
void StepExecutor::reject_call(StepIndex step, Error error) {
  defer([this, step, error = std::move(error)] {
    const auto call = calls_.find(step);
    if (call == calls_.end()) return;
    on_attempt_ended(*call->second, ChunkStatus::error, failed_with(error, {}, {0.0, CostOrigin::estimated}));
    retry_budget_waiters();
  });
}

bool StepExecutor::reserve_budget(StepIndex step, core::ChatRequest& request) {
  const BudgetQueue& queue = state_.budget();
  if (!queue.budget().capped()) return true;
  request.substitutes.clear();  // another model may cost more
  const auto [verdict, bound] = state_.admit(step, request);
  switch (verdict) {
    case BudgetQueue::Admission::Verdict::granted:
      if (bound.max_tokens > 0) {
        request.parameters.max_tokens = bound.max_tokens;
        request.max_tokens_required = true;
      }
      apply_(CallReserved{step, bound});
      return true;
    case BudgetQueue::Admission::Verdict::waiting:
      apply_(CallPostponed{step, bound});
      return false;
    case BudgetQueue::Admission::Verdict::rejected:
      break;
  }
  apply_(CallRejected{step});
  reject_call(step, {ErrorCode::cost_limit, cost_limit_text(bound, queue.budget())});
  return false;
}

void StepExecutor::retry_budget_waiters() {
  const std::vector<StepIndex> waiting(state_.budget().waiting().begin(), state_.budget().waiting().end());
  for (const StepIndex step : waiting) {
    if (!accepting()) return;
    if (calls_.count(step) > 0) start_attempt(step);
  }
}

void StepExecutor::finish_chunk(StepIndex step, ChunkStatus status, const core::ChatEnd& end,
                                const std::optional<ErrorInfo>& why) {
  const auto call = calls_.extract(step);  // lives until the fact is applied: this may be one of its callbacks
  ChunkCompleted completed = call.mapped()->completed(status, end);
  if (why) completed.error = why;
  apply_(ChunkFinished{step, std::move(completed)});
}

void StepExecutor::close_chunks(const std::vector<StepIndex>& steps, ChunkStatus status, const ErrorInfo& why) {
  // Every call is aborted before the first event: open calls cost money.
  std::map<StepIndex, core::ChatEnd> ends;
  for (const StepIndex step : steps) ends[step] = calls_.at(step)->abort();
  for (const auto& [step, end] : ends) {
    // An earlier one may have ended the run, which closed the others.
    if (calls_.count(step) > 0) finish_chunk(step, status, end, why);
  }
}

void StepExecutor::close_stragglers() {
  close_chunks(state_.scheduler().stragglers(), ChunkStatus::skipped,
               error_info({ErrorCode::cancelled, std::string(straggler_reason)}));
}

std::vector<StepIndex> StepExecutor::open_steps() const {
  std::vector<StepIndex> steps;
  for (const auto& [step, chunk] : state_.open_chunks()) steps.push_back(step);
  return steps;
}

void StepExecutor::close_open(const CloseChunks& close) { close_chunks(open_steps(), close.status, close.error); }

bool StepExecutor::skip(std::string_view member) {
  std::vector<StepIndex> steps;
  for (const auto& [step, chunk] : state_.open_chunks()) {
    const StepOutputs& outputs = state_.outputs();
    const bool assigned = outputs.assignment().member_of(outputs.steps()[step]).id == member;
    if (assigned || chunk.member.id == member) steps.push_back(step);
  }
  close_chunks(steps, ChunkStatus::skipped, error_info({ErrorCode::cancelled, fmt::format("{} was skipped", member)}));
  return !steps.empty();
}

// --- what the calls report ---

bool StepExecutor::on_delta(const ChunkCall& call, std::string_view delta, TokenKind kind) {
  return outbox_.try_push({TokenStream{std::string(delta), kind}, call.source()});
}

void StepExecutor::on_queued(const ChunkCall& call, int position) {
  outbox_.push({queued_message(state_.open_chunk(call.step()).member.provider, position), call.source()});
}

void StepExecutor::on_retry(ChunkCall& call, const core::ChatNotice& notice) {
  const StepIndex step = call.step();
  const Error error = notice.error.value_or(Error{});
  if (!state_.budget().budget().affords_retry(step, notice.cost)) {
    apply_(CallRejected{step, notice.cost});
    call.abort();
    Error limit{ErrorCode::cost_limit, "another attempt would exceed max_cost_usd; the last error: " + error.message};
    return on_attempt_ended(call, ChunkStatus::error, failed_with(std::move(limit), notice.usage, notice.cost));
  }
  const ChunkStatus status = error.code == ErrorCode::timeout ? ChunkStatus::timeout : ChunkStatus::error;
  core::ChatEnd end = failed_with(error, notice.usage, notice.cost);
  end.generation = notice.generation;
  AttemptFailed fact = attempt_failed(call, AttemptFollowUp::retry, status, end);
  fact.wait = notice.wait;
  fact.parameter = notice.parameter;
  fact.next_model = notice.next_model;
  apply_(std::move(fact));
  call.begin_attempt(state_.open_chunk(step).source);
}

void StepExecutor::on_attempt_ended(ChunkCall& call, ChunkStatus status, core::ChatEnd end) {
  const StepIndex step = call.step();
  if (status != ChunkStatus::ok && call.end_before()) return finish_without_follow_up(call, std::move(end));
  if (status == ChunkStatus::ok) {
    const bool may_follow = accepting() && state_.may_follow_up(step, end.cut_short);
    const auto follow_up = may_follow ? state_.follow_up_of(step, call.completed(status, end)) : std::nullopt;
    if (follow_up) return start_follow_up(call, *follow_up, std::move(end));
    return finish_chunk(step, status, end, end.warning ? std::optional(error_info(*end.warning)) : std::nullopt);
  }
  if (!state_.can_fall_back(step, end.error)) return finish_chunk(step, status, end);
  apply_(attempt_failed(call, AttemptFollowUp::fallback, status, end));
  call.stop_timer();
  call.begin_attempt(state_.open_chunk(step).source);
  defer([this, step] {
    const auto still = calls_.find(step);
    if (still == calls_.end() || !accepting()) return;
    still->second->abort();
    start_attempt(step);
  });
}

// --- follow-up calls ---

void StepExecutor::start_follow_up(ChunkCall& call, const FollowUp& follow_up, core::ChatEnd end) {
  const StepIndex step = call.step();
  apply_(FollowUpStarted{step, follow_up, call.output(), end.usage, end.cost, call.latency().count(), end.finish_reason,
                         call.generation_of(end)});
  call.stop_timer();
  call.set_end_before(std::move(end));
  const bool repairs = follow_up.kind == FollowUp::Kind::repair;
  call.begin_follow_up(state_.open_chunk(step).source, repairs ? repair_separator : "", repairs);
  defer([this, step] {
    const auto still = calls_.find(step);
    if (still == calls_.end() || !accepting()) return;
    still->second->abort();
    start_attempt(step);
  });
}

// The text before the failed call is the answer; the result reports the failure.
void StepExecutor::finish_without_follow_up(ChunkCall& call, core::ChatEnd failed) {
  core::ChatEnd end = *call.end_before();
  end.usage = failed.usage;
  end.cost = failed.cost;
  end.generation = failed.generation;
  Error why = failed.error.value_or(Error{});
  why.message = fmt::format("the further call failed: {}", why.message);
  finish_chunk(call.step(), ChunkStatus::ok, end, error_info(why));
}

// --- after a restart ---

void StepExecutor::restore(const RecordedRun& run) {
  for (const auto& [step, chunk] : state_.open_chunks()) {
    const RecordedChunk& recorded = run.chunks.at(chunk.source->chunk);
    std::optional<milliseconds> first_token_age;
    if (recorded.first_token_ms) first_token_age = milliseconds(run.last_ms - *recorded.first_token_ms);
    add_call(step).restore_attempt(chunk.source, recorded.text, milliseconds(run.last_ms - recorded.attempt_started_ms),
                                   first_token_age, recorded.attempt_started_at);
  }
}

void StepExecutor::restart_open_chunks() {
  close_stragglers();
  for (const StepIndex step : open_steps()) {
    ChunkCall& call = *calls_.at(step);
    core::ChatEnd end;
    end.error = Error{ErrorCode::interrupted, std::string(restarted_reason)};
    apply_(attempt_failed(call, AttemptFollowUp::restart, ChunkStatus::error, end));
    call.discard_follow_up();
    call.begin_attempt(state_.open_chunk(step).source);
  }
}

void StepExecutor::start_open_chunks() {
  for (const StepIndex step : open_steps()) {
    if (accepting()) start_attempt(step);
  }
}

}  // namespace plenum::workflow
