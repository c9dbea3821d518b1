#include "server/stream/stream_state.h"

#include <algorithm>

#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::stream {

namespace {

constexpr std::size_t reasoning_bytes_max = std::size_t{1} << 20;  // of a chunk

// A restart ended the task: it did not fail.
TaskStatus status_of(const ErrorInfo& error) {
  return error.code == row_of(ErrorCode::interrupted).name ? TaskStatus::interrupted : TaskStatus::error;
}

}  // namespace

void StreamState::apply(const Event& event, const EventStamp& stamp) {
  updated_at = stamp.time;
  last_seq = stamp.seq;
  struct Apply {
    StreamState& state;
    const Event& event;
    const EventStamp& stamp;

    void operator()(const TaskStarted& started) {
      state.status = TaskStatus::running;
      state.started_at = stamp.time;
      for (const auto& member : started.members) {
        MemberView view;
        view.member = member;
        state.members.push_back(std::move(view));
      }
    }
    void operator()(const TaskProgress& update) { state.progress = update; }
    void operator()(const ChunkStarted&) { state.apply_started(event, stamp); }
    void operator()(const TokenStream& tokens) { state.apply_tokens(event, tokens, stamp); }
    void operator()(const ChunkCompleted& completed) { state.apply_completed(event, completed); }
    void operator()(const ChunkReset& reset) { state.apply_reset(event, reset); }
    void operator()(const TaskCompleted& end) { state.finish(TaskStatus::completed, end.result, stamp); }
    void operator()(const TaskError& end) {
      state.error = end.error;
      state.finish(status_of(end.error), end.result, stamp);
    }
    void operator()(const TaskCancelled& end) { state.finish(TaskStatus::cancelled, end.result, stamp); }
    // Sent to subscribers, but not part of the state.
    void operator()(const MetricsPartial&) {}
    void operator()(const SystemMessage& message) { state.apply_message(event, message); }
    void operator()(const Snapshot&) {}
    void operator()(const Heartbeat&) {}
    void operator()(const UnknownEvent&) {}
  };
  std::visit(Apply{*this, event, stamp}, event.payload);
}

core::TaskEnding ending_of(const Event& terminal) {
  core::TaskEnding ending;
  const auto take = [&](TaskStatus status, const TaskResult& result) {
    ending.status = status;
    ending.answer = result.answer;
  };
  if (const auto* completed = std::get_if<TaskCompleted>(&terminal.payload)) {
    take(TaskStatus::completed, completed->result);
    if (!completed->result.comparisons_json.empty()) {
      ending.comparison = {completed->result.workflow, "", completed->result.comparisons_json};
    }
  } else if (const auto* failed = std::get_if<TaskError>(&terminal.payload)) {
    take(status_of(failed->error), failed->result);
  } else if (const auto* cancelled = std::get_if<TaskCancelled>(&terminal.payload)) {
    take(TaskStatus::cancelled, cancelled->result);
  }
  return ending;
}

// The newest chunks get most of the tokens, so the search starts at the end.
ChunkView* StreamState::chunk(const Event& event) {
  if (!event.source) return nullptr;
  for (auto view = chunks.rbegin(); view != chunks.rend(); ++view) {
    if (view->source.chunk == event.source->chunk) return &*view;
  }
  return nullptr;
}

MemberView* StreamState::member(const std::string& id) {
  for (auto& view : members) {
    if (view.member.id == id) return &view;
  }
  return nullptr;
}

void StreamState::apply_started(const Event& event, const EventStamp& stamp) {
  if (!event.source) return;
  ChunkView view;
  view.source = *event.source;
  view.started_ms = stamp.t_ms;
  chunks.push_back(std::move(view));
  ++open_chunks;
  current_agent = event.source->agent;
  current_stage = event.source->stage;
  if (MemberView* called = member(event.source->member)) {
    called->status = "running";
    called->attempt = event.source->attempt;
  }
}

void StreamState::apply_tokens(const Event& event, const TokenStream& tokens, const EventStamp& stamp) {
  ChunkView* view = chunk(event);
  if (view == nullptr) return;
  MemberView* called = member(event.source->member);
  if (view->source.attempt != event.source->attempt) view->source = *event.source;  // a new attempt
  if (!view->ttft_ms) {
    view->ttft_ms = stamp.t_ms - view->started_ms;
    if (called != nullptr && !called->ttft_ms) called->ttft_ms = view->ttft_ms;
  }
  if (tokens.kind != TokenKind::text) {
    const std::size_t space = reasoning_bytes_max - std::min(view->reasoning.size(), reasoning_bytes_max);
    const std::string_view accepted = utf8_prefix(tokens.tokens, space);
    view->reasoning += accepted;
    text_bytes += accepted.size();
    return;
  }
  const auto added = static_cast<std::int64_t>(code_points(tokens.tokens));
  view->text += tokens.tokens;
  view->chars += added;
  text_bytes += tokens.tokens.size();
  if (called != nullptr) called->chars += added;
}

void StreamState::apply_message(const Event& event, const SystemMessage& message) {
  if (message.code != "repair" && message.code != "continuation") return;
  ChunkView* view = chunk(event);
  const auto fields = parse_json("{" + message.fields_json + "}");
  if (view == nullptr || !fields) return;
  // The call that has ended; the one that follows reports itself.
  const Usage spent = usage_from(value_at(*fields, "usage"));
  const Cost price = cost_from(value_at(*fields, "cost"));
  usage.add(spent);
  cost = cost + price;
  ++view->source.attempt;
  if (MemberView* called = member(event.source->member)) {
    called->usage.add(spent);
    called->cost = called->cost + price;
    called->latency_ms += number_at(*fields, "latency_ms").value_or(0);
    called->attempt = view->source.attempt;
  }
}

// The attempt is discarded, but its cost was spent.
void StreamState::apply_reset(const Event& event, const ChunkReset& reset) {
  const bool counts = !used_nothing(reset.usage, reset.cost);
  if (counts) usage.add(reset.usage);
  cost = cost + reset.cost;
  ChunkView* view = chunk(event);
  if (view == nullptr) return;
  if (MemberView* failed = member(event.source->member)) {
    failed->chars -= view->chars;
    if (counts) failed->usage.add(reset.usage);
    failed->cost = failed->cost + reset.cost;
    failed->latency_ms += reset.latency_ms;
    if (reset.next_member != event.source->member) failed->status = name_of(ChunkStatus::error);
  }
  view->text.clear();
  view->reasoning.clear();
  view->chars = 0;
  view->ttft_ms.reset();
  view->source.member = reset.next_member;
  view->source.model = reset.next_model;
  ++view->source.attempt;
  if (member(reset.next_member) == nullptr) {
    MemberView substitute;
    substitute.member = {reset.next_member, reset.next_model};
    members.push_back(std::move(substitute));
  }
  MemberView& next = *member(reset.next_member);
  next.status = "running";
  next.attempt = view->source.attempt;
}

void StreamState::apply_completed(const Event& event, const ChunkCompleted& completed) {
  usage.add(completed.usage);
  cost = cost + completed.cost;
  ChunkView* view = chunk(event);
  if (view == nullptr) return;
  if (!view->finished) --open_chunks;
  view->finished = true;
  view->source = *event.source;  // of the last attempt
  view->status = completed.status;
  view->text = completed.output;
  view->reasoning = completed.reasoning;
  view->chars = completed.chars;
  view->ttft_ms = completed.ttft_ms;
  view->latency_ms = completed.latency_ms;
  view->usage = completed.usage;
  view->cost = completed.cost;
  view->error = completed.error;
  view->sources = completed.sources;
  for (const auto& source : completed.sources) text_bytes += source.title.size() + source.url.size();
  if (MemberView* called = member(event.source->member)) {
    called->status = name_of(completed.status);
    called->latency_ms += completed.latency_ms;
    called->usage.add(completed.usage);
    called->cost = called->cost + completed.cost;
    called->attempt = event.source->attempt;
    called->error = completed.error;
  }
}

void StreamState::finish(TaskStatus how, const TaskResult& with, const EventStamp& stamp) {
  status = how;
  result = with;
  text_bytes += with.answer.size();
  for (const auto& answer : with.answers) text_bytes += answer.text.size() + answer.reasoning.size();
  for (const auto& file : with.files) text_bytes += file.text.size();
  finished_at = stamp.time;
  current_agent.clear();
  current_stage.clear();
}

}  // namespace plenum::stream
