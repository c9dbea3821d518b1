#include "server/workflow/run/run.h"

#include <utility>
#include <vector>

#include "server/workflow/planning/price_estimate.h"
#include "server/workflow/run/restore/cache_recorder.h"
#include "server/workflow/run/restore/closing_events.h"
#include "server/workflow/run/state/run_messages.h"

namespace plenum::workflow {

namespace {

Assignment with_price_estimates(Assignment assignment, const TaskSpec& spec) {
  add_price_estimates(assignment, spec);
  return assignment;
}

}  // namespace

Run::Run(Assignment assignment, TaskSpec spec, std::string trace_id, core::EventSink& sink, core::Providers& providers,
         runtime::EventLoop& loop, std::function<void()> on_finished, std::optional<Resume> from)
    : assignment_(with_price_estimates(std::move(assignment), spec)),
      spec_(std::move(spec)),
      trace_id_(std::move(trace_id)),
      providers_(providers),
      loop_(loop),
      accepted_(loop.clock().steady() - (from ? from->elapsed : milliseconds(0))),
      due_(accepted_ + limit_of(assignment_.workflow->deadline, spec_.deadline)),
      on_finished_(std::move(on_finished)),
      from_(std::move(from)),
      state_(assignment_, spec_, trace_id_),
      outbox_(sink, loop, static_cast<OutboxOwner&>(*this)),
      steps_(state_, spec_, outbox_, providers, loop, due_, [this](Fact fact) { apply(std::move(fact)); }) {}

Run::~Run() { loop_.cancel(deadline_timer_); }

void Run::start() {
  if (from_ && from_->recorded.terminal) {
    finished_ = true;
    return on_drained();
  }
  emit_preamble();
  if (answers_from_cache()) return emit_cached({assignment_.cached_events, assignment_.cached_from});
  if (from_) return resume();
  arm_deadline();
  if (!search_similar()) start_calls();
}

void Run::cancel(std::string_view by, std::string_view reason) {
  if (!finished_) apply(CancelRequested{std::string(by), std::string(reason)});
}

void Run::fail(const Error& error) {
  if (!finished_) apply(RunFailed{error_info(error)});
}

bool Run::skip(std::string_view member) { return !finished_ && steps_.skip(member); }

// --- facts and effects ---

void Run::apply(Fact fact) { perform(state_.apply(std::move(fact), elapsed())); }

void Run::perform(Effects effects) {
  if (assignment_.statistics && !effects.samples.empty()) assignment_.statistics->record(effects.samples);
  // Before the terminal event: a client that has seen it must find the answer in the cache.
  if (effects.has_answer) cache_answer(std::get<TaskCompleted>(effects.events.back().payload).result);
  for (Event& event : effects.events) emit(std::move(event));
  steps_.perform(effects);
}

void Run::emit(Event event) {
  const bool terminal = event.terminal();
  outbox_.push(std::move(event));
  if (!terminal) return;
  finished_ = true;
  loop_.cancel(deadline_timer_);
  search_.reset();
  if (outbox_.empty()) on_drained();
}

void Run::cache_answer(const TaskResult& result) {
  if (!assignment_.cache || result.degraded) return;
  assignment_.cache->put(assignment_.cache_keys.exact, write_cached_run(events_for_cache(state_.outputs(), result)),
                         std::move(task_vector_));
}

void Run::on_overflow() {
  if (!finished_)
    fail({ErrorCode::stream_limit, "the stream's event queue is full",
          "Raise the queue_events_max setting of the server; GET /status shows whether its disk is slow."});
}

void Run::on_drained() {
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    if (const auto notify = std::exchange(on_finished_, nullptr)) notify();
  });
}

// --- the start ---

// The search runs while the task waits for its first call, so that acceptance does not wait for it.
bool Run::search_similar() {
  core::Embedder* const embedder = providers_.embedder();
  if (!assignment_.similarity || !assignment_.cache || embedder == nullptr) return false;
  search_ = SimilarAnswerSearch::start(assignment_, spec_.task, *embedder, loop_,
                                       [this](SimilarAnswerSearch::Outcome outcome) { on_search(std::move(outcome)); });
  return search_ != nullptr;
}

void Run::on_search(SimilarAnswerSearch::Outcome outcome) {
  const auto ended = std::move(search_);  // it has called this function
  task_vector_ = std::move(outcome.task);
  if (outcome.hit) return emit_cached(*std::move(outcome.hit));
  start_calls();
}

void Run::start_calls() {
  emit_progress();
  steps_.start_ready();
}

void Run::emit_cached(CacheHit hit) {
  const RecordedRun emitted = from_ ? std::move(from_->recorded) : RecordedRun();
  for (Event& event : events_from_cache(std::move(hit), emitted, state_.progress(elapsed()))) emit(std::move(event));
}

// --- the start of a run that is not the first of its task ---

// An answer from the cache may only continue its own log, or one stream would hold two answers. A retry needs new
// answers.
bool Run::answers_from_cache() const {
  if (assignment_.cached_events.empty()) return false;
  if (!from_) return true;
  return from_->same_stream() && (from_->recorded.chunks.empty() || was_emitted(cache_hit_code));
}

void Run::resume() {
  auto missing_events = restore_run(state_, *from_);
  if (!missing_events) {
    const Error misfit{ErrorCode::interrupted, "the task cannot be resumed from its log: " + missing_events.error()};
    std::vector<Event> events = closing_events(misfit, from_->recorded, assignment_.workflow->name);
    std::get<TaskError>(events.back().payload).result.skipped = assignment_.skipped;
    for (Event& event : events) {
      if (from_->same_stream() || event.terminal()) emit(std::move(event));
    }
    return;
  }
  for (Event& event : *missing_events) emit(std::move(event));
  if (!continue_restored()) return;
  emit_resumed();
  steps_.restart_open_chunks();
  emit_progress();
  arm_deadline();
  from_.reset();
  steps_.start_open_chunks();
  steps_.start_ready();
}

bool Run::continue_restored() {
  if (state_.finished()) return false;
  steps_.restore(from_->recorded);
  if (const auto close = state_.pending_close()) {
    steps_.close_open(*close);
    return false;
  }
  const bool late = loop_.clock().steady() >= due_;
  const bool interrupt = from_->mode == Resume::Mode::interrupt;
  if (state_.scheduler().done() || (!late && !interrupt)) return true;
  if (state_.open_chunks().empty()) emit_progress();  // otherwise it is emitted when they are closed
  if (interrupt) {
    apply(RunFailed{error_info({ErrorCode::interrupted, "the server was restarted while the task ran"})});
  } else {
    apply(DeadlineReached{});
  }
  return false;
}

void Run::emit_resumed() {
  const auto ended = static_cast<std::size_t>(state_.scheduler().ended());
  if (!from_->same_stream()) {
    if (ended > 0) emit({reused_message(ended), nullptr});
  } else if (from_->recorded.started) {
    emit({restarted_message(ended, state_.open_chunks().size()), nullptr});
  }
}

// --- the rest ---

// Events at the start of a stream; a stream that continues has most of them.
void Run::emit_preamble() {
  const bool same_stream = from_ && from_->same_stream();
  if (!same_stream || !from_->recorded.started) {
    TaskStarted started{spec_.task, assignment_.workflow->name, {}, trace_id_};
    for (const AssignedMember& member : assignment_.members) started.members.push_back({member.id, member.model});
    emit({std::move(started), nullptr});
  }
  if (assignment_.secret_redacted && !was_emitted(secret_code)) emit({secret_message(), nullptr});
  const ConversationWindow& turns = assignment_.conversation;
  const bool has_turns = !turns.shown.empty() || turns.omitted > 0;
  if (has_turns && !was_emitted(conversation_code)) emit({conversation_message(turns), nullptr});
}

// With the warning of a cost estimate beyond the cap, once per stream.
void Run::emit_progress() {
  TaskProgress progress = state_.progress(elapsed());
  auto warning = budget_warning(state_.budget().budget(), progress.estimated_cost);
  emit({std::move(progress), nullptr});
  if (warning && !was_emitted(budget_warning_code)) emit({*std::move(warning), nullptr});
}

void Run::arm_deadline() {
  const auto left = std::chrono::ceil<milliseconds>(due_ - loop_.clock().steady());
  deadline_timer_ = loop_.after(left, [this] {
    if (!finished_) apply(DeadlineReached{});
  });
}

milliseconds Run::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(loop_.clock().steady() - accepted_);
}

}  // namespace plenum::workflow
