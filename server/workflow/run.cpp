#include "server/workflow/run.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <deque>
#include <map>

#include "common/utf8.h"
#include "server/workflow/plan.h"
#include "server/workflow/prompt.h"
#include "server/workflow/run_record.h"

namespace plenum::workflow {

namespace {

using std::chrono::duration_cast;

// How long to wait for room in a full queue, which its loop empties once a turn.
constexpr milliseconds push_again{5};

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, digest + size, ""));
}

// The shorter of a workflow's limit and the caller's, where 0 is none.
milliseconds shorter(milliseconds limit, milliseconds callers) {
  return callers.count() > 0 ? std::min(limit, callers) : limit;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

struct Run::State : std::enable_shared_from_this<Run::State> {
  // One open model call and what came of it.
  struct Chunk final : core::ChatListener {
    Chunk(State& of, int index, std::shared_ptr<const EventSource> from)
        : run(of), step(index), source(std::move(from)), started(of.loop.clock().steady()) {}

    void on_text(std::string_view delta) override {
      // Only what the stream took belongs to the output: the deltas joined must equal it.
      if (run.say_tokens(*this, delta, TokenKind::text)) output.append(delta);
    }
    void on_reasoning(std::string_view delta) override { run.say_tokens(*this, delta, TokenKind::reasoning); }
    void on_end(core::ChatEnd end) override { run.call_ended(*this, std::move(end)); }  // destroys *this

    State& run;
    const int step;
    const std::shared_ptr<const EventSource> source;
    const SteadyTime started;
    std::optional<SteadyTime> first_token;
    std::string output;
    runtime::TimerId timer = 0;
    std::unique_ptr<core::ChatCall> call;  // last, so that it is closed before the rest goes
  };

  State(Assignment with, TaskSpec of, std::string trace, core::EventSink& to, core::Providers& from,
        runtime::EventLoop& home, std::function<void()> then)
      : assignment(std::move(with)),
        spec(std::move(of)),
        trace_id(std::move(trace)),
        sink(to),
        providers(from),
        loop(home),
        on_finished(std::move(then)),
        begun(home.clock().steady()),
        plan(assignment.workflow, assignment.rounds_max),
        record(assignment, spec) {}

  void start() {
    TaskStarted started{spec.task, assignment.workflow->name, {}, trace_id};
    for (const AssignedMember& member : assignment.members) started.members.push_back({member.id, member.model});
    say({std::move(started), nullptr});
    say_progress();
    const milliseconds limit = shorter(assignment.workflow->deadline, spec.deadline);
    deadline_timer = loop.after(limit, later([limit](State& run) { run.deadline_passed(limit); }));
    advance();
  }

  // --- chunks ---

  void advance() {
    for (const int step : plan.take_ready()) {
      if (finished || overflowed) return;
      begin(step);
    }
    if (!finished && plan.done()) complete();
  }

  // In a step of its own at the end of the turn: a provider may be in the middle of its transfers when
  // it tells an end, and everything else that ended in this turn is seen first.
  void advance_later() {
    loop.defer(later([](State& run) { run.advance(); }));
  }

  void begin(int index) {
    const Step& step = step_at(index);
    const AssignedMember& member = assignment.member_of(step);
    auto source = std::make_shared<EventSource>();
    source->chunk = record.chunk_name(index);
    source->chunk_number = ++chunks_started;
    source->agent = step.agent;
    source->stage = step.stage;
    source->member = member.id;
    source->model = member.model;
    source->attempt = 1;
    Chunk& chunk = *(open[index] = std::make_unique<Chunk>(*this, index, std::move(source)));
    say({ChunkStarted{step.description}, chunk.source});
    if (overflowed) return;
    chunk.call = providers.start(member.provider, request_of(step, member), chunk);
    const milliseconds limit = shorter(step.timeout, spec.member_deadline);
    chunk.timer = loop.after(limit, later([index, limit](State& run) { run.chunk_timed_out(index, limit); }));
  }

  core::ChatRequest request_of(const Step& step, const AssignedMember& member) const {
    using Role = core::ChatMessage::Role;
    const Bindings bindings = record.bindings(step.needs, plan);
    core::ChatRequest request;
    request.model = member.model;
    request.temperature = step.temperature;
    request.max_tokens = step.max_tokens;
    if (!step.system_template.empty()) {
      request.messages.push_back({Role::system, render(step.system_template, bindings)});
    }
    request.messages.push_back({Role::user, render(step.user_template, bindings)});
    return request;
  }

  bool say_tokens(Chunk& chunk, std::string_view delta, TokenKind kind) {
    if (overflowed) return false;
    if (!chunk.first_token) chunk.first_token = loop.clock().steady();
    if (sink.push({TokenStream{std::string(delta), kind}, chunk.source})) return true;
    overflow();
    return false;
  }

  void call_ended(Chunk& chunk, core::ChatEnd end) {
    const bool timed_out = end.error && end.error->code == ErrorCode::timeout;
    if (end.ok && is_blank(chunk.output)) {
      end.ok = false;
      end.error = Error{ErrorCode::no_usable_answer, "the model ended without any text"};
    }
    end_chunk(chunk.step, end.ok ? ChunkStatus::ok : timed_out ? ChunkStatus::timeout : ChunkStatus::error, end);
  }

  void chunk_timed_out(int step, milliseconds limit) {
    if (!open.contains(step)) return;
    core::ChatEnd end;
    end.error = Error{ErrorCode::timeout, fmt::format("no complete answer within {} ms", limit.count())};
    open[step]->call.reset();
    end_chunk(step, ChunkStatus::timeout, end);
  }

  // A chunk has ended by itself, well or badly, and the run draws the consequence.
  void end_chunk(int index, ChunkStatus status, const core::ChatEnd& end) {
    const Step& step = step_at(index);
    const std::shared_ptr<const EventSource> source = open[index]->source;
    close_chunk(index, status, end);
    if (status == ChunkStatus::ok) {
      warn_about(index, source, end);
    } else if (step.on_error == OnError::degrade) {
      record.degrade(blame(*source, end));
    }
    say_progress();
    if (status == ChunkStatus::ok || step.on_error == OnError::degrade) return advance_later();
    Error error = end.error.value_or(Error{});
    error.message = blame(*source, end);
    finish_with(error, ChunkStatus::cancelled, source);
  }

  static std::string blame(const EventSource& source, const core::ChatEnd& end) {
    return fmt::format("{} ({}): {}", source.agent, source.chunk, end.error ? end.error->message : "failed");
  }

  void warn_about(int step, const std::shared_ptr<const EventSource>& source, const core::ChatEnd& end) {
    if (end.finish_reason == "length" || end.finish_reason == "max_tokens") {
      say({SystemMessage{
               "warning", "output_cut", "The model stopped at its token limit; the text may be incomplete.", {}},
           source});
    }
    if (const auto& review = record.review_of(step); review && review->from_words) {
      say({SystemMessage{"warning",
                         "review_unreadable",
                         "The review is not the JSON that was asked for; its words were searched for faults instead.",
                         {}},
           source});
    }
  }

  // Takes the chunk out, says chunk_completed and tells the plan.
  void close_chunk(int index, ChunkStatus status, const core::ChatEnd& end) {
    const auto node = open.extract(index);
    const Chunk& chunk = *node.mapped();
    loop.cancel(chunk.timer);
    ChunkCompleted completed;
    completed.status = status;
    completed.output = chunk.output;
    completed.chars = static_cast<std::int64_t>(code_points(chunk.output));
    completed.sha256 = sha256_hex(chunk.output);
    completed.usage = end.usage;
    completed.cost = end.cost;
    completed.latency_ms = duration_cast<milliseconds>(loop.clock().steady() - chunk.started).count();
    if (chunk.first_token) completed.ttft_ms = duration_cast<milliseconds>(*chunk.first_token - chunk.started).count();
    completed.finish_reason = end.finish_reason;
    if (end.error) completed.error = error_info(*end.error);
    plan.step_ended(index, record.chunk_ended(index, completed));
    say({std::move(completed), chunk.source});
  }

  // --- the end ---

  void complete() {
    TaskResult result = record.full_result(plan);
    if (is_blank(result.answer)) {
      return finish_with({ErrorCode::no_usable_answer, "no step gave an answer"}, ChunkStatus::cancelled, nullptr);
    }
    finish({TaskCompleted{std::move(result)}, nullptr});
  }

  void deadline_passed(milliseconds limit) {
    if (finished) return;
    finish_with({ErrorCode::deadline_exceeded, fmt::format("the task was not done within {} ms", limit.count())},
                ChunkStatus::timeout, nullptr);
  }

  void finish_with(const Error& error, ChunkStatus open_chunks, std::shared_ptr<const EventSource> source) {
    close_open_chunks(open_chunks, error);
    record.degrade(error.message);
    finish({TaskError{error_info(error), record.partial_result(plan)}, std::move(source)});
  }

  void cancel(std::string_view by, std::string_view reason) {
    std::string why = fmt::format("cancelled by {}{}{}", by, reason.empty() ? "" : ": ", reason);
    close_open_chunks(ChunkStatus::cancelled, {ErrorCode::cancelled, why});
    record.degrade(std::move(why));
    finish({TaskCancelled{std::string(by), std::string(reason), record.partial_result(plan)}, nullptr});
  }

  void close_open_chunks(ChunkStatus status, const Error& why) {
    for (auto& [step, chunk] : open) chunk->call.reset();  // upstream first: it costs money
    core::ChatEnd end;
    end.error = why;
    while (!open.empty()) close_chunk(open.begin()->first, status, end);
  }

  void finish(Event terminal) {
    finished = true;
    loop.cancel(deadline_timer);
    say(std::move(terminal));
    if (unsent.empty()) tell_finished();
  }

  void tell_finished() {
    loop.post(later([](State& run) {
      if (auto call = std::exchange(run.on_finished, nullptr)) call();
    }));
  }

  // --- saying ---

  void say_progress() {
    const auto elapsed = duration_cast<milliseconds>(loop.clock().steady() - begun);
    say({record.progress(plan, elapsed), nullptr});
  }

  void say(Event event) {
    if (unsent.empty() && sink.push(event)) return;
    unsent.push_back(std::move(event));
    overflow();
  }

  // A run cannot outrun a drain that works. When the queue is full all the same, the run ends: what it
  // must still say waits in `unsent`, so that the terminal event is never lost.
  void overflow() {
    if (overflowed) return;
    overflowed = true;
    loop.defer(later([](State& run) {
      if (!run.finished) {
        run.finish_with({ErrorCode::stream_limit, "the stream took no more events: its queue is full"},
                        ChunkStatus::cancelled, nullptr);
      }
      run.push_unsent();
    }));
  }

  void push_unsent() {
    while (!unsent.empty() && sink.push(unsent.front())) unsent.pop_front();
    if (!unsent.empty()) {
      push_timer = loop.after(push_again, later([](State& run) { run.push_unsent(); }));
    } else {
      tell_finished();
    }
  }

  // Work for another moment that does nothing when the run is gone by then.
  template <class F>
  runtime::Work later(F what) {
    return [weak = weak_from_this(), what] {
      if (const auto run = weak.lock(); run && !run->abandoned) what(*run);
    };
  }

  void abandon() {
    abandoned = true;
    for (auto& [step, chunk] : open) loop.cancel(chunk->timer);
    loop.cancel(deadline_timer);
    loop.cancel(push_timer);
    open.clear();
  }

  const Step& step_at(int index) const { return assignment.workflow->steps[static_cast<std::size_t>(index)]; }

  const Assignment assignment;  // set once, as all down to begun
  const TaskSpec spec;
  const std::string trace_id;
  core::EventSink& sink;
  core::Providers& providers;
  runtime::EventLoop& loop;
  std::function<void()> on_finished;
  const SteadyTime begun;
  Plan plan;
  RunRecord record;
  std::map<int, std::unique_ptr<Chunk>> open;  // by step
  std::deque<Event> unsent;                    // what a full queue refused, in order
  int chunks_started = 0;
  runtime::TimerId deadline_timer = 0, push_timer = 0;
  bool finished = false, overflowed = false, abandoned = false;
};

Run::Run(Assignment assignment, TaskSpec spec, std::string trace_id, core::EventSink& sink, core::Providers& providers,
         runtime::EventLoop& loop, std::function<void()> on_finished)
    : state_(std::make_shared<State>(std::move(assignment), std::move(spec), std::move(trace_id), sink, providers, loop,
                                     std::move(on_finished))) {}

Run::~Run() { state_->abandon(); }

void Run::start() { state_->start(); }

void Run::cancel(std::string_view by, std::string_view reason) {
  if (!state_->finished) state_->cancel(by, reason);
}

void Run::fail(const Error& error) {
  if (!state_->finished) state_->finish_with(error, ChunkStatus::cancelled, nullptr);
}

bool Run::finished() const { return state_->finished; }

}  // namespace plenum::workflow
