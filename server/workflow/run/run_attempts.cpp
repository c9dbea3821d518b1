// The attempts of one chunk: a provider's queue and retries told on, and the chain of members that take
// over from one that failed.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json/json_writer.h"
#include "server/workflow/definition/template.h"
#include "server/workflow/run/run_state.h"

namespace plenum::workflow {

namespace {

using std::chrono::duration_cast;

std::string seconds_words(milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{} s", time.count() / 1000)
                                  : fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000);
}

SystemMessage queued_message(const std::string& provider, int position) {
  SystemMessage message{"info",
                        "queued",
                        position > 1 ? fmt::format("{} is busy: {} calls are before this one.", provider, position - 1)
                                     : fmt::format("{} is busy: this call is next.", provider),
                        {}};
  JsonFields(message.fields_json).text("provider", provider).number("position", position);
  return message;
}

// With what a run that goes on from the log needs to know of the attempt that failed.
SystemMessage retry_message(const Error& error, milliseconds wait, int attempt, const Receipt& failed) {
  SystemMessage message{"warning",
                        "retry",
                        fmt::format("{}; trying again in {} (attempt {})", error.message, seconds_words(wait), attempt),
                        {}};
  JsonFields(message.fields_json)
      .number("wait_ms", wait.count())
      .number("attempt", attempt)
      .raw("error", dump_json(to_json(error_info(error))))
      .text("status", name_of(failed.status))
      .raw("usage", dump_json(to_json(failed.usage)))
      .raw("cost", dump_json(to_json(failed.cost)))
      .number("latency_ms", failed.latency_ms);
  return message;
}

// Whose failure it is that another member could do better: not ours, and not a wish.
bool another_may_help(const core::ChatEnd& end) {
  return !end.error || (end.error->code != ErrorCode::cancelled && end.error->code != ErrorCode::stream_limit);
}

}  // namespace

// The source of what the attempt that begins now says.
void Run::State::next_source(Chunk& chunk) {
  const Step& step = record.step(chunk.step);
  const int number = chunk.source ? chunk.source->chunk_number : chunks_started;
  chunk.source =
      std::make_shared<const EventSource>(EventSource{record.chunk_name(chunk.step), number, step.agent, step.stage,
                                                      chunk.member.id, chunk.member.model, ++chunk.attempt});
  chunk.started = loop.clock().steady();
  chunk.first_token.reset();
  chunk.asked = false;
  chunk.output.clear();
}

void Run::State::begin_attempt(Chunk& chunk) {
  arm_timeout(chunk, limit_of(record.step(chunk.step).timeout, spec.member_deadline));
  if (auto request = request_of(chunk)) {
    if (!afford(chunk, *request)) return;
    chunk.waits_for_budget = false;
    chunk.call = providers.start(chunk.member.provider, std::move(*request), chunk);
    return;
  }
  loop.defer(later([index = chunk.step](State& run) {
    const auto still = run.open.find(index);
    if (still == run.open.end()) return;
    core::ChatEnd end;
    end.cost = {0.0, CostOrigin::estimated};  // nobody was asked
    end.error = Error{ErrorCode::stream_limit,
                      fmt::format("what this step is to be shown is larger than {} MiB", rendered_bytes_max >> 20),
                      "Shorten the task or its context, or give it fewer members or rounds."};
    run.attempt_failed(*still->second, ChunkStatus::error, std::move(end));
  }));
}

void Run::State::arm_timeout(Chunk& chunk, milliseconds left) {
  loop.cancel(chunk.timer);
  const milliseconds limit = limit_of(record.step(chunk.step).timeout, spec.member_deadline);
  chunk.due = loop.clock().steady() + left;
  chunk.timer = loop.after(left, later([index = chunk.step, limit](State& run) { run.chunk_timed_out(index, limit); }));
}

// All attempts at one member share its time: a retry that has to queue again gets what is left of it.
void Run::State::pause_timeout(Chunk& chunk) {
  if (chunk.timer == 0) return;
  loop.cancel(std::exchange(chunk.timer, 0));
  chunk.time_left = std::max(std::chrono::ceil<milliseconds>(chunk.due - loop.clock().steady()), milliseconds(0));
}

std::optional<core::ChatRequest> Run::State::request_of(const Chunk& chunk) {
  using Role = core::ChatMessage::Role;
  const Step& step = record.step(chunk.step);
  const Bindings bindings = record.bindings_of(chunk.step, plan);
  std::size_t room = rendered_bytes_max;
  std::optional<std::string> system;
  if (step.system_template) {
    system = step.system_template->render(bindings, room);
    if (!system) return std::nullopt;
    room -= system->size();
  }
  auto user = step.user_template->render(bindings, room);
  if (!user) return std::nullopt;
  core::ChatRequest request;
  request.model = chunk.member.model;
  request.temperature = step.temperature;
  request.max_tokens = step.max_tokens;
  request.deadlines = step.deadlines;
  request.budget = limit_of(step.timeout, spec.member_deadline);
  request.due = due;
  std::string system_text = chunk.member.persona;
  if (system) system_text += (system_text.empty() ? "" : "\n\n") + *system;
  if (!system_text.empty()) request.messages.push_back({Role::system, std::move(system_text)});
  for (const Turn& turn : assignment.turns.shown) {
    request.messages.push_back({Role::user, turn.question});
    request.messages.push_back({Role::assistant, turn.answer});
  }
  request.messages.push_back({Role::user, std::move(*user)});
  return request;
}

void Run::State::take_notice(Chunk& chunk, const core::ChatNotice& notice) {
  using Kind = core::ChatNotice::Kind;
  const std::string& provider = chunk.member.provider;
  switch (notice.kind) {
    case Kind::queued:
      // What it waits in the provider's queue is not the model's time; the task's deadline bounds it.
      pause_timeout(chunk);
      return say({queued_message(provider, notice.position), chunk.source});
    case Kind::begun:
      if (chunk.timer == 0) arm_timeout(chunk, chunk.time_left);
      chunk.asked = true;
      chunk.started = loop.clock().steady();  // neither queue nor wait is the attempt's time
      return;
    case Kind::retrying: {
      const Error error = notice.error.value_or(Error{});
      core::ChatEnd end;
      end.error = error;
      end.usage = notice.usage;
      end.cost = notice.cost;
      if (!budget.reserve_again(chunk.step, end.cost)) {
        end.error =
            Error{ErrorCode::cost_limit, "another attempt would go over max_cost_usd; the last one: " + error.message};
        chunk.call.reset();
        return attempt_failed(chunk, ChunkStatus::error, std::move(end));
      }
      const Receipt failed =
          note_receipt(chunk, error.code == ErrorCode::timeout ? ChunkStatus::timeout : ChunkStatus::error, end);
      say({retry_message(error, notice.wait, chunk.attempt + 1, failed), chunk.source});
      return next_source(chunk);
    }
  }
}

void Run::State::call_ended(Chunk& chunk, core::ChatEnd end) {
  if (end.ok && is_blank(chunk.output)) {
    end.ok = false;
    end.error = Error{ErrorCode::no_usable_answer, "the model ended without any text"};
  }
  if (end.ok) return end_chunk(chunk.step, ChunkStatus::ok, end);
  const bool timed_out = end.error && end.error->code == ErrorCode::timeout;
  attempt_failed(chunk, timed_out ? ChunkStatus::timeout : ChunkStatus::error, std::move(end));
}

void Run::State::chunk_timed_out(int index, milliseconds limit) {
  const auto chunk = open.find(index);
  if (chunk == open.end()) return;
  chunk->second->timer = 0;
  core::ChatEnd end = closed_by_us(*chunk->second);
  const std::string whose =
      spec.member_deadline.count() > 0
          ? "the member_deadline_ms of the task"
          : fmt::format("the timeout_s of this step of the workflow \"{}\"", assignment.workflow->name);
  end.error = Error{ErrorCode::timeout, fmt::format("no complete answer within {} ms, {}", limit.count(), whose),
                    "Give the task a longer member_deadline_ms, or take a faster model."};
  attempt_failed(*chunk->second, ChunkStatus::timeout, std::move(end));
}

void Run::State::attempt_failed(Chunk& chunk, ChunkStatus status, core::ChatEnd end) {
  if (finished || chunk.fallbacks.empty() || !another_may_help(end)) return end_chunk(chunk.step, status, end);
  note_receipt(chunk, status, end);
  settle(chunk.step, end.cost);
  const std::string why = end.error ? end.error->message : "failed";
  pass_on(chunk, why);
  const auto took = duration_cast<milliseconds>(loop.clock().steady() - chunk.started);
  say({ChunkReset{why, chunk.member.id, chunk.member.model, end.usage, end.cost, took.count(), status}, chunk.source});
  loop.cancel(std::exchange(chunk.timer, 0));
  next_source(chunk);
  // Not from here: a provider may be in the middle of its transfers when it tells an end.
  loop.defer(later([index = chunk.step](State& run) {
    const auto still = run.open.find(index);
    if (still == run.open.end() || run.finished || run.overflowed || !run.sink.accepting()) return;
    still->second->call.reset();
    run.begin_attempt(*still->second);
  }));
}

void Run::State::pass_on(Chunk& chunk, const std::string& why) {
  const AssignedMember asked = std::exchange(chunk.member, chunk.fallbacks.front());
  chunk.fallbacks.erase(chunk.fallbacks.begin());
  chunk.given_up +=
      fmt::format("{}{} ({}): {}", chunk.given_up.empty() ? "" : "; ", asked.id, record.chunk_name(chunk.step), why);
}

core::ChatEnd Run::State::closed_by_us(Chunk& chunk) {
  chunk.call.reset();
  core::ChatEnd end;
  // Who still waits for its turn owes nobody anything.
  if (!chunk.asked && !chunk.first_token) end.cost = Cost{0.0, CostOrigin::estimated};
  return end;
}

Receipt Run::State::note_receipt(const Chunk& chunk, ChunkStatus status, const core::ChatEnd& end) {
  Receipt receipt;
  receipt.chunk = record.chunk_name(chunk.step);
  receipt.member = chunk.member.id;
  receipt.model = chunk.member.model;
  receipt.provider = chunk.member.provider;
  receipt.attempt = chunk.attempt;
  receipt.status = status;
  receipt.usage = end.usage;
  receipt.cost = end.cost;
  receipt.latency_ms = duration_cast<milliseconds>(loop.clock().steady() - chunk.started).count();
  receipt.finish_reason = end.finish_reason;
  record.attempt_failed(chunk.step, receipt);
  return receipt;
}

bool Run::State::skip(std::string_view member) {
  std::vector<int> skipped;
  for (const auto& [index, chunk] : open) {
    if (chunk->member.id == member || assignment.member_of(record.step(index)).id == member) skipped.push_back(index);
  }
  for (const int index : skipped) open.at(index)->call.reset();  // all of them before anything is said: they cost money
  for (const int index : skipped) {
    if (finished) break;
    core::ChatEnd end = closed_by_us(*open.at(index));
    end.error = Error{ErrorCode::cancelled, fmt::format("{} was skipped", member)};
    end_chunk(index, ChunkStatus::skipped, end);
  }
  return !skipped.empty();
}

}  // namespace plenum::workflow
