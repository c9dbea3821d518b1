// Source: Facilitair's backend/streaming/sse_handler.py (StreamEventBuilder) and cli/streaming_client_simple.py, which
// prints `result`, `error` and `message` as texts and ends at task_completed or task_error only.
#include "server/compat/facilitair.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"

namespace plenum::compat {

namespace {

constexpr std::size_t held_frame_bytes_max = 32 * 1024;
constexpr std::size_t output_bytes_max = 200;

Frame frame(const char* name, const Json& data) { return {name, dump_json(data)}; }

Json metrics_json(const TaskResult& result, std::int64_t t_ms) {
  Json metrics{{"duration_s", static_cast<double>(t_ms) / 1000}};
  if (result.usage.total_tokens) metrics["total_tokens"] = *result.usage.total_tokens;
  if (result.cost.usd) metrics["cost_usd"] = *result.cost.usd;
  return metrics;
}

}  // namespace

void FacilitairTranslator::translate(const ReceivedEvent& event, std::vector<Frame>& out) {
  run_.apply(event);
  if (event.terminal) return end(event, out);
  if (const auto* message = std::get_if<SystemMessage>(&event.payload)) {
    if (message->message.empty()) return;
    return out.push_back(frame("system_message", Json{{"message", message->message}, {"timestamp", event.timestamp}}));
  }
  if (event.source.chunk.empty()) return task_event(event, out);
  if (run_.chunk(event) != nullptr) chunk_event(event, out);
}

void FacilitairTranslator::task_event(const ReceivedEvent& event, std::vector<Frame>& out) {
  if (const auto* started = std::get_if<TaskStarted>(&event.payload)) {
    out.push_back(frame("task_started",
                        Json{{"stream_id", event.stream_id}, {"task", started->task}, {"timestamp", event.timestamp}}));
  }
  // The plan is announced once: its client prints every announcement as a new plan.
  const auto* progress = std::get_if<TaskProgress>(&event.payload);
  if (progress == nullptr || std::exchange(planned_, true)) return;
  Json plan{{"total_chunks", progress->total_chunks}, {"timestamp", event.timestamp}};
  if (progress->estimated_time) plan["estimated_time"] = *progress->estimated_time;
  const Cost estimated = progress->estimated_cost.value_or(Cost{});
  if (estimated.usd) plan["estimated_cost"] = *estimated.usd;
  out.push_back(frame("task_progress", plan));
}

void FacilitairTranslator::chunk_event(const ReceivedEvent& event, std::vector<Frame>& out) {
  if (const auto* started = std::get_if<ChunkStarted>(&event.payload)) {
    open_.push_back({event.source.chunk, event.timestamp, {}, {}, started->description});
    if (open_.size() == 1) send_header(open_.front(), out);
    return;
  }
  Open* chunk = find(event.source.chunk);
  if (chunk == nullptr) return;
  const bool is_current = chunk == &open_.front();
  if (const auto* tokens = std::get_if<TokenStream>(&event.payload); tokens && tokens->kind == TokenKind::text) {
    chunk->held += tokens->tokens;
    if (is_current) send_held(*chunk, out);
  } else if (const auto* reset = std::get_if<ChunkReset>(&event.payload)) {
    chunk->held.clear();
    if (!is_current) return;
    const std::string message = agent_of(*chunk) + " starts again, the text so far is void: " + reset->reason;
    out.push_back(frame("system_message", Json{{"message", message}, {"timestamp", event.timestamp}}));
  } else if (event.type() == EventType::chunk_completed) {
    chunk->completed_at = event.timestamp;
    if (is_current) advance(out);
  }
}

void FacilitairTranslator::advance(std::vector<Frame>& out) {
  while (!open_.empty()) {
    Open& chunk = open_.front();
    if (chunk.number == 0) send_header(chunk, out);
    send_held(chunk, out);
    if (chunk.completed_at.empty()) return;
    const ChunkFacts* facts = run_.chunk_with_id(chunk.id);
    Json data{{"chunk_number", chunk.number}, {"agent", agent_of(chunk)}, {"timestamp", chunk.completed_at}};
    if (facts != nullptr && facts->completed) {
      const ChunkCompleted& done = *facts->completed;
      if (done.status != ChunkStatus::ok) {
        const std::string message = agent_of(chunk) + " failed: " + failure_text(done.status, done.error);
        out.push_back(frame("system_message", Json{{"message", message}, {"timestamp", chunk.completed_at}}));
      }
      if (!done.output.empty()) data["output"] = std::string(utf8_prefix(done.output, output_bytes_max));
    }
    out.push_back(frame("chunk_completed", data));
    open_.pop_front();
  }
}

void FacilitairTranslator::send_header(Open& chunk, std::vector<Frame>& out) {
  chunk.number = ++headers_;
  const ChunkFacts* facts = run_.chunk_with_id(chunk.id);
  const bool has_stage = facts != nullptr && !facts->source.stage.empty();
  Json data{{"chunk_number", chunk.number},
            {"agent", agent_of(chunk)},
            {"stage", has_stage ? facts->source.stage : "working"},
            {"timestamp", chunk.started_at}};
  std::string description = chunk.description;
  if (facts != nullptr && !facts->source.member.empty()) {
    description.append(description.empty() ? "" : ": ").append(facts->source.member);
  }
  if (!description.empty()) data["description"] = description;
  out.push_back(frame("chunk_started", data));
}

void FacilitairTranslator::send_held(Open& chunk, std::vector<Frame>& out) const {
  std::string_view rest = chunk.held;
  while (!rest.empty()) {
    std::string_view part = utf8_prefix(rest, held_frame_bytes_max);
    if (part.empty()) part = rest;
    out.push_back(frame("token_stream", Json{{"tokens", std::string(part)}, {"agent", agent_of(chunk)}}));
    rest.remove_prefix(part.size());
  }
  chunk.held.clear();
}

FacilitairTranslator::Open* FacilitairTranslator::find(std::string_view id) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.id == id; });
  return found != open_.end() ? &*found : nullptr;
}

std::string FacilitairTranslator::agent_of(const Open& chunk) const {
  const ChunkFacts* facts = run_.chunk_with_id(chunk.id);
  if (facts == nullptr) return "Agent";
  const EventSource& source = facts->source;
  return !source.agent.empty() ? source.agent : !source.member.empty() ? source.member : "Agent";
}

void FacilitairTranslator::end(const ReceivedEvent& event, std::vector<Frame>& out) {
  // Chunks that did not end keep their text; the rest is sent in order.
  for (Open& chunk : open_) {
    if (chunk.completed_at.empty()) chunk.completed_at = event.timestamp;
  }
  advance(out);
  const TaskResult* result = result_of(event);
  if (const std::string failure = failure_of(event); !failure.empty()) {
    Json data{{"error", failure}, {"timestamp", event.timestamp}};
    if (const auto* failed = std::get_if<TaskError>(&event.payload)) {
      data["details"] = Json{{"code", failed->error.code}, {"remedy", failed->error.remedy}};
    }
    return out.push_back(frame("task_error", data));
  }
  if (result == nullptr) return;
  out.push_back(frame("task_completed", Json{{"result", result->answer},
                                             {"timestamp", event.timestamp},
                                             {"metrics", metrics_json(*result, event.t_ms)}}));
}

}  // namespace plenum::compat
