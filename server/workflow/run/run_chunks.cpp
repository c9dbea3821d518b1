#include <fmt/format.h>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "server/workflow/definition/template.h"
#include "server/workflow/run/run_state.h"

namespace plenum::workflow {

namespace {

using std::chrono::duration_cast;

// A text is held in the log, in the folded state and in the result, and goes into later prompts: no
// model's answer comes near this, and what does is a fault at the other end.
constexpr std::size_t answer_bytes_max = 8 * 1024 * 1024;

}  // namespace

void Run::State::advance() {
  for (const int index : plan.take_ready()) {
    // A cancel that is on its way is carried out in the next turn; what would begin now would be paid for.
    if (finished || overflowed || !sink.accepting()) return;
    begin(index);
  }
  if (finished) return;
  close_stragglers();
  if (!finished && plan.done()) complete();
}

// Others went on without these at their quorum, and now nothing is left that they could reach. That is no
// failure: the task goes on even where a failure of theirs would end it.
void Run::State::close_stragglers() {
  for (const int index : plan.stragglers()) {
    const auto chunk = open.find(index);
    if (chunk == open.end()) continue;  // not begun, because a cancel is on its way
    const auto source = chunk->second->source;
    core::ChatEnd end = closed_by_us(*chunk->second);
    end.error = Error{ErrorCode::cancelled, std::string(no_longer_waited_for)};
    close_chunk(index, ChunkStatus::skipped, end);
    record.degrade(blame(*source, end.error));
    say_progress();
  }
}

Run::State::Chunk& Run::State::open_chunk(int index) {
  const Step& step = record.step(index);
  ++chunks_started;
  return *(open[index] =
               std::make_unique<Chunk>(*this, index, assignment.member_of(step), assignment.fallbacks_of(step)));
}

void Run::State::say_begun(const Chunk& chunk) {
  const Step& step = record.step(chunk.step);
  say({ChunkStarted{step.description, std::string(kind_of(step, *assignment.workflow))}, chunk.source});
}

void Run::State::begin(int index) {
  Chunk& chunk = open_chunk(index);
  next_source(chunk);
  say_begun(chunk);
  if (!overflowed) begin_attempt(chunk);
}

void Run::State::take_text(Chunk& chunk, std::string_view delta) {
  const std::string_view taken = utf8_prefix(delta, answer_bytes_max - chunk.output.size());
  // Only what the stream took belongs to the output: the deltas joined must equal it.
  if (!taken.empty() && say_tokens(chunk, taken, TokenKind::text)) chunk.output.append(taken);
  if (taken.size() == delta.size() || overflowed) return;
  core::ChatEnd end = closed_by_us(chunk);
  end.error = Error{ErrorCode::stream_limit, fmt::format("the answer is longer than {} bytes", answer_bytes_max)};
  end_chunk(chunk.step, ChunkStatus::error, end);
}

bool Run::State::say_tokens(Chunk& chunk, std::string_view delta, TokenKind kind) {
  if (overflowed) return false;
  if (!chunk.first_token) chunk.first_token = loop.clock().steady();
  if (sink.push({TokenStream{std::string(delta), kind}, chunk.source})) return true;
  overflow();
  return false;
}

void Run::State::end_chunk(int index, ChunkStatus status, const core::ChatEnd& end) {
  const std::shared_ptr<const EventSource> source = open.at(index)->source;
  const std::string given_up = open.at(index)->given_up;
  close_chunk(index, status, end);
  draw_consequence(index, status, end, source, given_up);
}

void Run::State::draw_consequence(int index, ChunkStatus status, const core::ChatEnd& end,
                                  const std::shared_ptr<const EventSource>& source, const std::string& given_up) {
  const bool ok = status == ChunkStatus::ok;
  const bool goes_on = ok || (record.step(index).on_error == OnError::degrade && !assignment.options.strict);
  if (ok) warn_about(index, source, end);
  // Which search engine found something does not matter.
  const bool is_search = record.step(index).form == OutputForm::search;
  if (ok && !given_up.empty() && !is_search)
    record.degrade(fmt::format("{}; {} answered in its place", given_up, source->member));
  if (!ok && goes_on) record.degrade((given_up.empty() ? "" : given_up + "; ") + blame(*source, end.error));
  say_progress();
  if (goes_on && replaying) return;
  if (goes_on) {
    // Not from here: a provider may be in the middle of its transfers when it tells an end, and what
    // else ended in this turn is to be seen first.
    loop.defer(later([](State& run) { run.advance(); }));
    return;
  }
  Error error = end.error.value_or(Error{});
  error.message = blame(*source, end.error);
  finish_with(error, ChunkStatus::cancelled, source);
}

void Run::State::close_chunk(int index, ChunkStatus status, const core::ChatEnd& end) {
  const auto node = open.extract(index);
  const Chunk& chunk = *node.mapped();
  loop.cancel(chunk.timer);
  settle(index, end.cost);
  ChunkCompleted completed;
  completed.status = status;
  completed.output = chunk.output;
  completed.chars = static_cast<std::int64_t>(code_points(chunk.output));
  completed.sha256 = sha256_hex(chunk.output);
  completed.usage = end.usage;
  completed.cost = chunk.waits_for_budget ? Cost{0.0, CostOrigin::estimated} : end.cost;
  completed.latency_ms = duration_cast<milliseconds>(loop.clock().steady() - chunk.started).count();
  if (chunk.first_token) completed.ttft_ms = duration_cast<milliseconds>(*chunk.first_token - chunk.started).count();
  completed.finish_reason = end.finish_reason;
  if (end.error) completed.error = error_info(*end.error);
  if (record.step(index).form == OutputForm::search) {
    completed.found = !chunk.output.empty() && status == ChunkStatus::ok;
    completed.sources = end.sources;
  }
  conclude(chunk, std::move(completed));
}

void Run::State::conclude(const Chunk& chunk, ChunkCompleted completed) {
  const int index = chunk.step;
  const StepOutcome outcome = record.chunk_ended(index, completed, chunk.member, chunk.attempt);
  const Step& step = record.step(index);
  if (assignment.options.converge && step.group && step.each != Each::no) {
    const auto alike = record.likeness_of_round(index);
    if (alike && *alike >= *assignment.options.converge) plan.end_rounds(*step.group);
  }
  if (completed.status == ChunkStatus::ok) leave_out_substitute(chunk);
  plan.step_ended(index, outcome);
  completed.parsed_ranking = record.ranking_of(index);
  completed.label_order = record.shown_to(index);
  keep_for_cache(chunk, completed);
  say({std::move(completed), chunk.source});
  for (MetricsPartial& metrics : record.stages_over(plan)) say({std::move(metrics), nullptr});
}

// Another member filled the role of this step than was meant to: steps that are for everybody but that role
// are not for it either, or it would judge its own work.
void Run::State::leave_out_substitute(const Chunk& chunk) {
  const Step& ended = record.step(chunk.step);
  if (ended.each != Each::no || chunk.member.id == assignment.member_of(ended).id) return;
  const std::vector<Step>& steps = assignment.workflow->steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].except_role == ended.role && assignment.member_of(steps[i]).id == chunk.member.id) {
      plan.drop(static_cast<int>(i));
    }
  }
}

void Run::State::close_open_chunks(ChunkStatus status, const Error& why) {
  for (auto& [index, chunk] : open) chunk->call.reset();  // all of them before anything is said: they cost money
  if (open.empty()) return;
  while (!open.empty()) {
    core::ChatEnd end = closed_by_us(*open.begin()->second);
    end.error = why;
    close_chunk(open.begin()->first, status, end);
  }
  say_progress();  // the last there is: without it these chunks would count nowhere
}

void Run::State::warn_about(int index, const std::shared_ptr<const EventSource>& source, const core::ChatEnd& end) {
  const auto warn = [&](const char* code, const char* message) {
    say({SystemMessage{"warning", code, message, {}}, source});
  };
  if (end.cut_short) {
    warn("output_truncated", "The model stopped at its token limit; the text may be incomplete.");
  }
  if (record.is_unread(index)) {
    warn("answer_unparseable", "What was asked for could not be found in the answer: it counts neither way.");
    record.degrade(
        fmt::format("{} ({}): what was asked for could not be found in the answer", source->agent, source->chunk));
  }
  if (const auto& review = record.review_of(index); review && review->from_words) {
    warn("review_unparseable",
         "The review is not the JSON that was asked for; its words were searched for faults instead.");
  }
}

}  // namespace plenum::workflow
