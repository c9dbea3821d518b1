#include "server/workflow/run.h"

#include <fmt/format.h>

#include <utility>

#include "common/json_writer.h"
#include "server/workflow/run_state.h"

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
      .number("left_out", turns.left_out)
      .flag("cut", turns.cut);
  return message;
}
}  // namespace

Run::State::State(Assignment with, TaskSpec of, std::string trace, core::EventSink& to, core::Providers& from,
                  runtime::EventLoop& home, std::function<void()> then)
    : assignment(std::move(with)),
      spec(std::move(of)),
      trace_id(std::move(trace)),
      sink(to),
      providers(from),
      loop(home),
      begun(home.clock().steady()),
      due(begun + limit_of(assignment.workflow->deadline, spec.deadline)),
      on_finished(std::move(then)),
      plan(assignment.workflow, assignment.options.rounds.value_or(assignment.workflow->rounds_usual),
           assignment.options.search),
      record(assignment, spec, trace_id),
      budget(spec.max_cost_usd) {}

void Run::State::start() {
  TaskStarted started{spec.task, assignment.workflow->name, {}, trace_id};
  for (const AssignedMember& member : assignment.members) started.members.push_back({member.id, member.model});
  say({std::move(started), nullptr});
  if (assignment.secret_removed) {
    say({SystemMessage{"warning", "secret_removed", "The task held a configured key; it was taken out.", {}}, nullptr});
  }
  if (const Turns& turns = assignment.turns; !turns.shown.empty() || turns.left_out > 0) {
    say({turns_message(turns), nullptr});
  }
  if (!assignment.replay.empty()) return replay(assignment.replay);
  say_progress();
  warn_of_estimate();
  const milliseconds limit = limit_of(assignment.workflow->deadline, spec.deadline);
  deadline_timer = loop.after(limit, later([limit](State& run) { run.deadline_passed(limit); }));
  advance();
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
  if (unsent.empty() && sink.push(event)) return;
  unsent.push_back(std::move(event));
  overflow();
}

void Run::State::say_progress() {
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

bool Run::skip(std::string_view member) { return !state_->finished && state_->skip(member); }

bool Run::finished() const { return state_->finished; }

}  // namespace plenum::workflow
