#include "server/workflow/run/restore/recorded_run.h"

#include <algorithm>
#include <utility>

#include "common/base/overloaded.h"
#include "common/json/json_access.h"
#include "server/workflow/run/state/run_messages.h"

namespace plenum::workflow {

namespace {

RecordedAttempt attempt_of(const EventSource& source, const ChunkReset& reset) {
  RecordedAttempt attempt;
  attempt.source = source;
  attempt.follow_up = reset.reason == restarted_reason ? AttemptFollowUp::restart : AttemptFollowUp::fallback;
  attempt.reason = reset.reason;
  attempt.status = reset.status;
  attempt.usage = reset.usage;
  attempt.cost = reset.cost;
  attempt.latency_ms = reset.latency_ms;
  attempt.generation = reset.generation;
  return attempt;
}

// Of a message that reports the end of a call.
RecordedAttempt attempt_of(const EventSource& source, const SystemMessage& message) {
  RecordedAttempt attempt;
  attempt.source = source;
  attempt.reason = message.message;
  if (message.code == repair_code) attempt.continues = FollowUp::Kind::repair;
  if (message.code == continuation_code) attempt.continues = FollowUp::Kind::continuation;
  const auto fields = parse_json("{" + message.fields_json + "}");
  if (!fields) return attempt;
  attempt.status = chunk_status_named(text_at(*fields, "status")).value_or(ChunkStatus::error);
  attempt.usage = usage_from(value_at(*fields, "usage"));
  attempt.cost = cost_from(value_at(*fields, "cost"));
  attempt.latency_ms = number_at(*fields, "latency_ms").value_or(0);
  attempt.finish_reason = text_at(*fields, "finish_reason");
  attempt.generation = generation_from(*fields);
  return attempt;
}

}  // namespace

void RecordedRun::add(const Event& event, std::int64_t t_ms) {
  last_ms = std::max(last_ms, t_ms);
  add(event.payload, event.source.get());
}

void RecordedRun::add(const ReceivedEvent& event) {
  last_ms = std::max(last_ms, event.t_ms);
  last_at = event.timestamp;
  add(event.payload, event.source.chunk.empty() ? nullptr : &event.source);
}

void RecordedRun::add(const EventPayload& payload, const EventSource* source) {
  RecordedChunk* const chunk = chunk_of(source);
  const auto end = [this] { terminal = true; };
  std::visit(Overloaded{
                 [&](const TaskStarted& event) {
                   started = true;
                   trace_id = event.trace_id;
                   members = event.members;
                 },
                 [&](const ChunkStarted&) {
                   if (source != nullptr) start_chunk(*source);
                 },
                 [&](const TokenStream& event) {
                   if (chunk != nullptr) add_tokens(*chunk, event);
                 },
                 [&](const ChunkReset& event) {
                   if (chunk != nullptr) add_reset(*chunk, *source, event);
                 },
                 [&](const ChunkCompleted& event) {
                   if (chunk != nullptr) end_chunk(*chunk, *source, event);
                 },
                 [&](const SystemMessage& event) {
                   if (chunk != nullptr) add_message(*chunk, event);
                   if (source == nullptr) codes.insert(event.code);
                   if (source == nullptr && event.code == cache_hit_code) cached_from = cache_origin_in(event);
                 },
                 [&](const MetricsPartial& event) { stages.insert(event.stage); },
                 [&](const TaskCompleted&) { end(); },
                 [&](const TaskError&) { end(); },
                 [&](const TaskCancelled&) { end(); },
                 // These hold nothing that is not in the events above.
                 [](const TaskProgress&) {},
                 [](const Snapshot&) {},
                 [](const Heartbeat&) {},
                 [](const UnknownEvent&) {},
             },
             payload);
}

RecordedChunk* RecordedRun::chunk_of(const EventSource* source) {
  if (source == nullptr) return nullptr;
  const auto found = chunks.find(source->chunk);
  return found == chunks.end() ? nullptr : &found->second;
}

void RecordedRun::start_chunk(const EventSource& source) {
  RecordedChunk& chunk = chunks[source.chunk];
  chunk.source = source;
  chunk.attempt_started_ms = last_ms;
  chunk.attempt_started_at = last_at;
  order.push_back({source.chunk, false});
}

void RecordedRun::end_chunk(RecordedChunk& chunk, const EventSource& source, const ChunkCompleted& completed) {
  chunk.source = source;
  chunk.text.clear();
  chunk.completed = completed;
  order.push_back({source.chunk, true});
}

void RecordedRun::add_tokens(RecordedChunk& chunk, const TokenStream& tokens) {
  if (!chunk.first_token_ms) chunk.first_token_ms = last_ms;
  if (tokens.kind == TokenKind::text) chunk.text += tokens.tokens;
}

void RecordedRun::add_reset(RecordedChunk& chunk, const EventSource& source, const ChunkReset& reset) {
  chunk.attempts.push_back(attempt_of(source, reset));
  chunk.attempts.back().reserved = std::exchange(chunk.reserved, std::nullopt);
  chunk.source = source;
  chunk.source.member = reset.next_member;
  chunk.source.model = reset.next_model;
  chunk.prefix_bytes = 0;
  chunk.text.clear();
  start_attempt(chunk);
}

void RecordedRun::add_message(RecordedChunk& chunk, const SystemMessage& message) {
  chunk.codes.insert(message.code);
  if (const auto reserved = reserved_bound(message)) chunk.reserved = reserved;
  if (message.code != retry_code && message.code != repair_code && message.code != continuation_code) return;
  chunk.attempts.push_back(attempt_of(chunk.source, message));
  chunk.attempts.back().reserved = chunk.reserved;  // which a retry renews
  if (chunk.attempts.back().continues) chunk.reserved.reset();
  if (chunk.attempts.back().continues) chunk.prefix_bytes = chunk.text.size();
  start_attempt(chunk);
}

// Not the end of the text: a provider retries only before its first delta, and the text before a follow-up call
// stays, with the separator that follows it.
void RecordedRun::start_attempt(RecordedChunk& chunk) {
  ++chunk.source.attempt;
  chunk.attempt_started_ms = last_ms;
  chunk.attempt_started_at = last_at;
  if (chunk.prefix_bytes == 0) chunk.first_token_ms.reset();
}

}  // namespace plenum::workflow
