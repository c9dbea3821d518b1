#include "server/workflow/run/run.h"

#include <fmt/format.h>

#include <utility>

#include "common/json/json_writer.h"
#include "server/workflow/run/run_state.h"

namespace plenum::workflow {

namespace {
// How long to wait for room in a full queue, which its loop empties once a turn.
constexpr milliseconds push_again{5};

SystemMessage turns_message(const Turns& turns) {
  std::string text =
      fmt::format("The prompts show {} earlier turn{}", turns.shown.size(), turns.shown.size() == 1 ? "" : "s");
  if (turns.left_out > 0)
    text += fmt::format("; {} older {} no room", turns.left_out, turns.left_out == 1 ? "has" : "have");
  if (turns.cut) text += "; its texts were cut";
  SystemMessage message{"info", "conversation", text + ".", {}};
  JsonFields(message.fields_json)
      .number("turns", static_cast<std::int64_t>(turns.shown.size()))
      .number("omitted", turns.left_out)
      .flag("truncated", turns.cut);
  return message;
}
}  // namespace

Run::State::State(Assignment with, TaskSpec of, std::string trace, core::EventSink& to, core::Providers& from,
                  runtime::EventLoop& home, std::function<void()> then, std::optional<Resume> before)
    : assignment(std::move(with)),
      spec(std::move(of)),
      trace_id(std::move(trace)),
      sink(to),
      providers(from),
      loop(home),
      begun(home.clock().steady() - (before ? before->elapsed : milliseconds(0))),
      due(begun + limit_of(assignment.workflow->deadline, spec.deadline)),
      on_finished(std::move(then)),
      plan(assignment.workflow, assignment.options.rounds.value_or(assignment.workflow->rounds_usual),
           assignment.options.search),
      record(assignment, spec, trace_id),
      budget(spec.max_cost_usd),
      resume(std::move(before)) {}

void Run::State::start() {
  if (resume && resume->past.terminal) {
    finished = true;
    return tell_finished();
  }
  say_opening();
  if (!assignment.replay.empty() && may_replay()) return replay(assignment.replay);
  if (resume) return go_on();
  say_progress();
  warn_of_estimate();
  arm_deadline();
  advance();
}

// What a log holds already must be the cache's own, or there would be two answers in one stream. And what is
// done again is wanted anew.
bool Run::State::may_replay() const {
  if (!resume) return true;
  return resume->how != Resume::How::take_over && (resume->past.chunks.empty() || was_said(cache_hit_code));
}

// What an earlier run has said of it is not said again.
void Run::State::say_opening() {
  const bool same_stream = resume && resume->how != Resume::How::take_over;
  if (!same_stream || !resume->past.started) {
    TaskStarted started{spec.task, assignment.workflow->name, {}, trace_id};
    for (const AssignedMember& member : assignment.members) started.members.push_back({member.id, member.model});
    say({std::move(started), nullptr});
  }
  if (assignment.secret_removed && !was_said("secret_redacted")) {
    say({SystemMessage{"warning", "secret_redacted", "The task held a configured key; it was taken out.", {}}, nullptr});
  }
  const Turns& turns = assignment.turns;
  if ((!turns.shown.empty() || turns.left_out > 0) && !was_said("conversation")) say({turns_message(turns), nullptr});
}

void Run::State::arm_deadline() {
  const milliseconds limit = limit_of(assignment.workflow->deadline, spec.deadline);
  const auto left = std::chrono::ceil<milliseconds>(due - loop.clock().steady());
  deadline_timer = loop.after(left, later([limit](State& run) { run.deadline_passed(limit); }));
}

void Run::State::abandon() {
  abandoned = true;
  for (auto& [index, chunk] : open) loop.cancel(chunk->timer);
  loop.cancel(deadline_timer);
  loop.cancel(push_timer);
  open.clear();
}

// --- the end ---

void Run::State::complete() {
  auto result = record.full_result(plan);
  if (!result) {
    return finish_with(
        {ErrorCode::stream_limit,
         fmt::format("the answer of the workflow would be larger than {} MiB", rendered_answer_bytes_max >> 20),
         "Read the members' answers one by one, or let the workflow show fewer of them."},
        ChunkStatus::cancelled, nullptr);
  }
  if (assignment.history) assignment.history->note(record.past(plan));
  if (!is_blank(result->answer)) store(*result);
  if (!is_blank(result->answer)) return finish({TaskCompleted{std::move(*result)}, nullptr});
  // What only the operator can mend is not to look like bad luck: the client's exit code tells them apart.
  const Error error = record.every_key_was_refused()
                          ? Error{ErrorCode::authentication, "no step gave an answer: every member's key was refused"}
                          : Error{ErrorCode::no_usable_answer, "no step gave an answer"};
  finish_with(error, ChunkStatus::cancelled, nullptr);
}

void Run::State::deadline_passed(milliseconds limit) {
  if (finished) return;
  const std::string whose = spec.deadline.count() > 0
                                ? "the deadline_ms of the task"
                                : fmt::format("the deadline_s of the workflow \"{}\"", assignment.workflow->name);
  finish_with(
      {ErrorCode::deadline_exceeded, fmt::format("the task was not done within {} ms, {}", limit.count(), whose),
       "Give the task a longer deadline_ms, or ask for less."},
      ChunkStatus::timeout, nullptr);
}

void Run::State::cancel(std::string_view by, std::string_view reason) {
  std::string why = fmt::format("cancelled by {}{}{}", by, reason.empty() ? "" : ": ", reason);
  close_open_chunks(ChunkStatus::cancelled, {ErrorCode::cancelled, why});
  record.degrade(std::move(why));
  finish({TaskCancelled{std::string(by), std::string(reason), record.partial_result(plan)}, nullptr});
}

void Run::State::finish_with(const Error& error, ChunkStatus open_chunks, std::shared_ptr<const EventSource> source) {
  if (replaying) {
    if (!ending) ending = Ending{error, open_chunks, std::move(source)};
    return;
  }
  close_open_chunks(open_chunks, error);
  record.degrade(error.message);
  finish({TaskError{error_info(error), record.partial_result(plan)}, std::move(source)});
}

void Run::State::finish(Event terminal) {
  finished = true;
  loop.cancel(deadline_timer);
  say(std::move(terminal));
  if (unsent.empty()) tell_finished();
}

void Run::State::tell_finished() {
  loop.post(later([](State& run) {
    if (const auto tell = std::exchange(run.on_finished, nullptr)) tell();
  }));
}

// --- saying ---

void Run::State::say(Event event) {
  if (muted) return owed.push_back(std::move(event));
  if (unsent.empty() && sink.push(event)) return;
  unsent.push_back(std::move(event));
  overflow();
}

void Run::State::say_progress() {
  if (replaying) return;  // once, at its end
  const auto elapsed = std::chrono::duration_cast<milliseconds>(loop.clock().steady() - begun);
  say({record.progress(plan, elapsed), nullptr});
}

// A run cannot outrun a drain that works. When the queue is full all the same, the run ends: what it
// must still say waits in `unsent`, so that the terminal event is never lost.
void Run::State::overflow() {
  if (std::exchange(overflowed, true)) return;
  loop.defer(later([](State& run) {
    const Error full{ErrorCode::stream_limit, "the stream took no more events: its queue is full"};
    if (!run.finished) run.finish_with(full, ChunkStatus::cancelled, nullptr);
    run.push_unsent();
  }));
}

void Run::State::push_unsent() {
  while (!unsent.empty() && sink.push(unsent.front())) unsent.pop_front();
  if (unsent.empty()) return tell_finished();
  push_timer = loop.after(push_again, later([](State& run) { run.push_unsent(); }));
}

// --- what callers see ---

Run::Run(Assignment assignment, TaskSpec spec, std::string trace_id, core::EventSink& sink, core::Providers& providers,
         runtime::EventLoop& loop, std::function<void()> on_finished, std::optional<Resume> from)
    : state_(std::make_shared<State>(std::move(assignment), std::move(spec), std::move(trace_id), sink, providers, loop,
                                     std::move(on_finished), std::move(from))) {}

Run::~Run() { state_->abandon(); }

void Run::start() { state_->start(); }

void Run::cancel(std::string_view by, std::string_view reason) {
  if (!state_->finished) state_->cancel(by, reason);
}

void Run::fail(const Error& error) {
  if (!state_->finished) state_->finish_with(error, ChunkStatus::cancelled, nullptr);
}

bool Run::skip(std::string_view member) { return !state_->finished && state_->skip(member); }

bool Run::finished() const { return state_->finished; }

}  // namespace plenum::workflow
