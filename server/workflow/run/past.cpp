#include "server/workflow/run/past.h"

#include <algorithm>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::workflow {

namespace {

PastAttempt attempt_of(const EventSource& source, const ChunkReset& reset) {
  PastAttempt attempt;
  attempt.source = source;
  attempt.then = PastAttempt::Then::next_member;
  attempt.restarted = reset.reason == restarted_reason;
  attempt.reason = reset.reason;
  attempt.status = reset.status;
  attempt.usage = reset.usage;
  attempt.cost = reset.cost;
  attempt.latency_ms = reset.latency_ms;
  return attempt;
}

PastAttempt attempt_of(const EventSource& source, const SystemMessage& retry) {
  PastAttempt attempt;
  attempt.source = source;
  attempt.reason = retry.message;
  const auto fields = parse_json("{" + retry.fields_json + "}");
  if (!fields) return attempt;
  attempt.status = chunk_status_named(text_at(*fields, "status")).value_or(ChunkStatus::error);
  attempt.usage = usage_from(value_at(*fields, "usage"));
  attempt.cost = cost_from(value_at(*fields, "cost"));
  attempt.latency_ms = number_at(*fields, "latency_ms").value_or(0);
  return attempt;
}

ChunkCompleted closed(const PastChunk& chunk, const Error& error, std::int64_t last_ms) {
  ChunkCompleted completed;
  completed.status = ChunkStatus::cancelled;
  completed.output = chunk.text;
  completed.chars = static_cast<std::int64_t>(code_points(chunk.text));
  completed.sha256 = sha256_hex(chunk.text);
  completed.latency_ms = last_ms - chunk.attempt_began_ms;
  if (chunk.first_token_ms) completed.ttft_ms = *chunk.first_token_ms - chunk.attempt_began_ms;
  completed.error = error_info(error);
  return completed;
}

Receipt receipt_of(const EventSource& source) {
  Receipt receipt;
  receipt.chunk = source.chunk;
  receipt.member = source.member;
  receipt.model = source.model;
  receipt.provider = source.member.substr(0, source.member.find('/'));
  receipt.attempt = source.attempt;
  return receipt;
}

}  // namespace

void Past::add(const Event& event, std::int64_t t_ms) {
  last_ms = std::max(last_ms, t_ms);
  add(event.payload, event.source.get());
}

void Past::add(const ReceivedEvent& event) {
  last_ms = std::max(last_ms, event.t_ms);
  add(event.payload, event.source.chunk.empty() ? nullptr : &event.source);
}

void Past::add(const EventPayload& payload, const EventSource* source) {
  PastChunk* chunk = nullptr;
  if (source != nullptr) {
    const auto found = chunks.find(source->chunk);
    if (found != chunks.end()) chunk = &found->second;
  }
  if (const auto* token = std::get_if<TokenStream>(&payload)) {
    if (chunk == nullptr) return;
    if (!chunk->first_token_ms) chunk->first_token_ms = last_ms;
    if (token->kind == TokenKind::text) chunk->text += token->tokens;
  } else if (const auto* begun = std::get_if<TaskStarted>(&payload)) {
    started = true;
    trace_id = begun->trace_id;
    members = begun->members;
  } else if (std::holds_alternative<ChunkStarted>(payload) && source != nullptr) {
    PastChunk& fresh = chunks[source->chunk];
    fresh.source = *source;
    fresh.attempt_began_ms = last_ms;
    last_number = std::max(last_number, source->chunk_number);
    order.push_back({source->chunk, false});
  } else if (const auto* reset = std::get_if<ChunkReset>(&payload)) {
    if (chunk == nullptr) return;
    chunk->before.push_back(attempt_of(*source, *reset));
    chunk->source = *source;
    chunk->source.member = reset->next_member;
    chunk->source.model = reset->next_model;
    ++chunk->source.attempt;
    chunk->attempt_began_ms = last_ms;
    chunk->first_token_ms.reset();
    chunk->text.clear();
  } else if (const auto* completed = std::get_if<ChunkCompleted>(&payload)) {
    if (chunk == nullptr) return;
    chunk->source = *source;
    chunk->text.clear();
    chunk->completed = *completed;
    order.push_back({source->chunk, true});
  } else if (const auto* message = std::get_if<SystemMessage>(&payload)) {
    if (source != nullptr && chunk == nullptr) return;
    add_message(*message, chunk);
  } else if (const auto* metrics = std::get_if<MetricsPartial>(&payload)) {
    stages.insert(metrics->stage);
  } else if (std::holds_alternative<TaskCompleted>(payload) || std::holds_alternative<TaskError>(payload) ||
             std::holds_alternative<TaskCancelled>(payload)) {
    terminal = true;
  }
}

void Past::add_message(const SystemMessage& message, PastChunk* chunk) {
  (chunk != nullptr ? chunk->codes : codes).insert(message.code);
  if (chunk == nullptr || message.code != "retry") return;
  chunk->before.push_back(attempt_of(chunk->source, message));
  ++chunk->source.attempt;
  chunk->attempt_began_ms = last_ms;
  // Whatever reasoning there was is void with its attempt.
  chunk->first_token_ms.reset();
  chunk->text.clear();
}

std::vector<Event> ended_by(const Error& error, const Past& past, const std::string& workflow) {
  std::vector<const PastChunk*> in_order;
  for (const auto& [name, chunk] : past.chunks) in_order.push_back(&chunk);
  std::sort(in_order.begin(), in_order.end(),
            [](const PastChunk* a, const PastChunk* b) { return a->source.chunk_number < b->source.chunk_number; });
  std::vector<Event> events;
  TaskResult result;
  result.workflow = workflow;
  result.cost = {0.0, CostOrigin::reported};
  UsageSum usage;
  const auto add = [&](Receipt receipt) {
    result.cost = result.cost + receipt.cost;
    if (!used_nothing(receipt.usage, receipt.cost)) usage.add(receipt.usage);
    result.receipts.push_back(std::move(receipt));
  };
  for (const PastChunk* chunk : in_order) {
    for (const PastAttempt& attempt : chunk->before) {
      Receipt receipt = receipt_of(attempt.source);
      receipt.status = attempt.status;
      receipt.usage = attempt.usage;
      receipt.cost = attempt.cost;
      receipt.latency_ms = attempt.latency_ms;
      add(std::move(receipt));
    }
    const ChunkCompleted completed = chunk->completed ? *chunk->completed : closed(*chunk, error, past.last_ms);
    if (!chunk->completed) events.push_back({completed, std::make_shared<const EventSource>(chunk->source)});
    if (completed.found) {
      if (*completed.found) result.sources = completed.sources;
    } else {
      result.answers.push_back({chunk->source.member, chunk->source.model, chunk->source.agent, chunk->source.chunk,
                                completed.status, completed.output, completed.usage, completed.cost,
                                completed.latency_ms, completed.error});
    }
    if (chunk->completed && completed.error) {
      result.reasons.push_back(chunk->source.agent + " (" + chunk->source.chunk + "): " + completed.error->message);
    }
    Receipt receipt = receipt_of(chunk->source);
    receipt.status = completed.status;
    receipt.usage = completed.usage;
    receipt.cost = completed.cost;
    receipt.latency_ms = completed.latency_ms;
    receipt.finish_reason = completed.finish_reason;
    if (!completed.cached) add(std::move(receipt));
  }
  result.reasons.push_back(error.message);
  result.degraded = true;
  result.usage = usage.total();
  events.push_back({TaskError{error_info(error), std::move(result)}, nullptr});
  return events;
}

}  // namespace plenum::workflow
