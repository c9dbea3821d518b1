// A run that begins with what an earlier one had come to: the recorded ends go, in their order, through
// the code that the run's own ends go through, and only then is anything said or asked.
#include <fmt/format.h>

#include <utility>

#include "common/json/json_writer.h"
#include "server/workflow/run/recorded_answer.h"
#include "server/workflow/run/run_state.h"

namespace plenum::workflow {

namespace {

using How = Resume::How;

std::string chunks_words(std::size_t count) { return fmt::format("{} chunk{}", count, count == 1 ? "" : "s"); }

// As the wires read them: only the warning hangs on it, which would otherwise be lost between two events.
bool is_cut(std::string_view finish_reason) {
  return finish_reason == "length" || finish_reason == "max_tokens" || finish_reason == "MAX_TOKENS";
}

core::ChatEnd end_of(const ChunkCompleted& completed) {
  core::ChatEnd end;
  end.ok = completed.status == ChunkStatus::ok;
  end.finish_reason = completed.finish_reason;
  end.cut_short = is_cut(completed.finish_reason);
  end.usage = completed.usage;
  end.cost = completed.cost;
  if (const auto& error = completed.error) {
    end.error = Error{error_code_named(error->code).value_or(ErrorCode::internal), error->message, error->remedy};
    if (error->retry_after_ms) end.error->retry_after = milliseconds(*error->retry_after_ms);
  }
  return end;
}

// The run closed the chunk because it was about to end.
bool closed_by_the_end(const ChunkCompleted& completed) {
  return completed.status == ChunkStatus::cancelled ||
         (completed.status == ChunkStatus::timeout && completed.error &&
          completed.error->code == row_of(ErrorCode::deadline_exceeded).name);
}

}  // namespace

void Run::State::go_on() {
  const bool same_stream = resume->how != How::take_over;
  replaying = true;
  muted = same_stream;
  const auto misfit = replay_past();
  replaying = muted = false;
  if (misfit) return end_unfit(*misfit);
  say_owed();
  if (ended_by_past()) return;
  say_resumed();
  for (const int index : plan.take_ready()) to_begin.insert(index);
  if (to_begin.empty()) close_stragglers();
  std::vector<int> again;
  for (const auto& [index, chunk] : open) again.push_back(index);
  for (const int index : again) ask_again(*open.at(index));
  say_progress();
  if (!was_said("budget")) warn_of_estimate();
  arm_deadline();
  resume.reset();
  const auto may_ask = [this] { return !finished && !overflowed && sink.accepting(); };
  for (const int index : again) {
    if (may_ask()) begin_attempt(*open.at(index));
  }
  for (const int index : std::exchange(to_begin, {})) {
    if (may_ask()) begin(index);
  }
  advance();
}

std::optional<std::string> Run::State::replay_past() {
  const Past& past = resume->past;
  if (muted && past.started) {
    std::vector<MemberRef> members;
    for (const AssignedMember& member : assignment.members) members.push_back({member.id, member.model});
    if (members != past.members) return "other members take part now";
  }
  std::map<std::string_view, int> steps;
  for (std::size_t i = 0; i < assignment.workflow->steps.size(); ++i) {
    const int index = static_cast<int>(i);
    steps[record.chunk_name(index)] = index;
  }
  for (const PastMark& mark : past.order) {
    const auto found = steps.find(mark.chunk);
    if (found == steps.end()) return fmt::format("there is no step \"{}\" now", mark.chunk);
    const PastChunk& chunk = past.chunks.at(mark.chunk);
    auto misfit = mark.ended ? replay_end(found->second, chunk) : replay_begin(found->second, chunk);
    if (misfit) return misfit;
  }
  if (muted) chunks_started = past.last_number;
  return std::nullopt;
}

std::optional<std::string> Run::State::replay_begin(int index, const PastChunk& past) {
  for (const int ready : plan.take_ready()) to_begin.insert(ready);
  if (to_begin.erase(index) == 0) return fmt::format("\"{}\" could not have begun yet", past.source.chunk);
  Chunk& chunk = open_chunk(index);
  if (!replay_attempts(chunk, past) || past.source.model != chunk.member.model) {
    return fmt::format("\"{}\" is not for {} to answer now", past.source.chunk, past.source.member);
  }
  if (!muted) {
    chunk.attempt = 0;
    next_source(chunk);
    say_begun(chunk);
    return std::nullopt;
  }
  chunk.source = std::make_shared<const EventSource>(past.source);
  chunk.attempt = past.source.attempt;
  // As if the server had never been away: its absence is no member's time.
  chunk.started = loop.clock().steady() - milliseconds(resume->past.last_ms - past.attempt_began_ms);
  if (past.first_token_ms) {
    chunk.first_token = chunk.started + milliseconds(*past.first_token_ms - past.attempt_began_ms);
  }
  chunk.asked = true;  // as far as anybody knows
  chunk.output = past.text;
  return std::nullopt;
}

// False when the chain is another one now.
bool Run::State::replay_attempts(Chunk& chunk, const PastChunk& past) {
  for (std::size_t i = 0; i < past.before.size(); ++i) {
    const PastAttempt& attempt = past.before[i];
    if (attempt.source.member != chunk.member.id) return false;
    if (muted) {
      record.attempt_failed(
          chunk.step, {past.source.chunk, chunk.member.id, chunk.member.model, chunk.member.provider,
                       attempt.source.attempt, attempt.status, attempt.usage, attempt.cost, attempt.latency_ms, ""});
      replay_cost(chunk, attempt.cost, attempt.then);
    }
    if (attempt.then == PastAttempt::Then::again || attempt.restarted) continue;
    const std::string& next = i + 1 < past.before.size() ? past.before[i + 1].source.member : past.source.member;
    if (chunk.fallbacks.empty() || chunk.fallbacks.front().id != next) return false;
    pass_on(chunk, attempt.reason);
  }
  return past.source.member == chunk.member.id;
}

// What is not known counts with its worst case, as while the call ran.
void Run::State::replay_cost(const Chunk& chunk, const Cost& cost, PastAttempt::Then then) {
  if (!budget.capped()) return;
  CallBound bound;
  if (!cost.usd && chunk.member.price) {
    if (auto request = request_of(chunk)) {
      if (!request->max_tokens) request->max_tokens = capped_answer_tokens;
      bound = bound_of(*chunk.member.price, *request);
    }
  }
  budget.hold(chunk.step, bound);
  const bool only_prompt = !cost.usd && then == PastAttempt::Then::again;
  budget.settle(chunk.step, only_prompt ? Cost{bound.input, CostOrigin::estimated} : cost);
}

std::optional<std::string> Run::State::replay_end(int index, const PastChunk& past) {
  const auto node = open.extract(index);
  if (node.empty()) return fmt::format("\"{}\" ended before it began", past.source.chunk);
  const Chunk& chunk = *node.mapped();
  ChunkCompleted completed = *past.completed;
  if (muted) replay_cost(chunk, completed.cost, PastAttempt::Then::next_member);
  const bool ranked = record.step(index).form == OutputForm::ranking && completed.status == ChunkStatus::ok;
  if (ranked && !record.restore_shown(index, completed.label_order, plan)) {
    return fmt::format("\"{}\" ranks answers that are not there", past.source.chunk);
  }
  const core::ChatEnd end = end_of(completed);
  if (!muted) {
    completed = as_cached(std::move(completed));
    if (!completed.output.empty()) say({TokenStream{completed.output, TokenKind::text}, chunk.source});
  }
  conclude(chunk, completed);
  if (was_passed_over(completed)) {
    record.degrade(blame(*chunk.source, end.error));
  } else if (closed_by_the_end(completed)) {
    if (!ending) ending = Ending{end.error.value_or(Error{}), completed.status, nullptr};
  } else {
    draw_consequence(index, completed.status, end, chunk.source, chunk.given_up);
  }
  return std::nullopt;
}

// What a crash cut off between the end of a chunk and what is said of it.
void Run::State::say_owed() {
  const Past& past = resume->past;
  for (Event& event : std::exchange(owed, {})) {
    if (const auto* metrics = std::get_if<MetricsPartial>(&event.payload)) {
      if (past.stages.count(metrics->stage) == 0) say(std::move(event));
    } else if (const auto* message = std::get_if<SystemMessage>(&event.payload); message && event.source) {
      if (past.chunks.at(event.source->chunk).codes.count(message->code) == 0) say(std::move(event));
    }
  }
}

// Whether the run ends here.
bool Run::State::ended_by_past() {
  const bool done = plan.done() && !ending;  // nothing is missing but the end
  const bool late = loop.clock().steady() >= due;
  if (done || (!ending && !late && resume->how != How::interrupt)) return false;
  if (open.empty()) say_progress();  // else it is said when they are closed
  if (ending) {
    const Ending how = *std::exchange(ending, std::nullopt);
    constexpr std::string_view cancelled_by = "cancelled by ";
    std::string_view why = how.error.message;
    if (how.error.code == ErrorCode::cancelled && why.starts_with(cancelled_by)) {
      why.remove_prefix(cancelled_by.size());
      const auto colon = why.find(": ");
      cancel(why.substr(0, colon), colon == std::string_view::npos ? "" : why.substr(colon + 2));
    } else {
      finish_with(how.error, how.open_chunks, how.source);
    }
    return true;
  }
  if (resume->how == How::interrupt) {
    finish_with({ErrorCode::interrupted, "the server was restarted while the task ran"}, ChunkStatus::cancelled,
                nullptr);
  } else {
    deadline_passed(limit_of(assignment.workflow->deadline, spec.deadline));
  }
  return true;
}

void Run::State::say_resumed() {
  const auto ended = static_cast<std::size_t>(plan.ended());
  const bool same_stream = resume->how != How::take_over;
  if (same_stream ? !resume->past.started : ended == 0) return;
  SystemMessage message{"info", "resumed", "", {}};
  message.message = same_stream ? fmt::format("The server was restarted; the task goes on: {} had ended, {} had begun.",
                                              chunks_words(ended), chunks_words(open.size()))
                                : fmt::format("{} of an earlier stream {} taken over.", chunks_words(ended),
                                              ended == 1 ? "is" : "are");
  JsonFields(message.fields_json)
      .number("reused", static_cast<std::int64_t>(ended))
      .number("restarted", static_cast<std::int64_t>(open.size()));
  say({std::move(message), nullptr});
}

// The same member again: it has not failed.
void Run::State::ask_again(Chunk& chunk) {
  const Receipt receipt = note_receipt(chunk, ChunkStatus::error, {});
  replay_cost(chunk, receipt.cost, PastAttempt::Then::next_member);
  say({ChunkReset{std::string(restarted_reason), chunk.member.id, chunk.member.model, {}, {}, receipt.latency_ms},
       chunk.source});
  next_source(chunk);
}

void Run::State::end_unfit(const std::string& why) {
  open.clear();
  const Error error{ErrorCode::interrupted, "the task cannot go on from its log: " + why};
  std::vector<Event> events = ended_by(error, resume->past, assignment.workflow->name);
  Event terminal = std::move(events.back());
  events.pop_back();
  std::get<TaskError>(terminal.payload).result.skipped = assignment.skipped;
  if (resume->how != How::take_over) {
    for (Event& event : events) say(std::move(event));
  }
  finish(std::move(terminal));
}

}  // namespace plenum::workflow
