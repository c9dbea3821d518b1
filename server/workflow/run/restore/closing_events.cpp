#include "server/workflow/run/restore/closing_events.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "server/workflow/run/state/run_messages.h"

namespace plenum::workflow {

namespace {

ChunkCompleted closed(const RecordedChunk& chunk, const Error& error, std::int64_t last_ms) {
  ChunkCompleted completed;
  completed.status = ChunkStatus::cancelled;
  completed.output = chunk.text;
  completed.chars = static_cast<std::int64_t>(code_points(chunk.text));
  completed.sha256 = sha256_hex(chunk.text);
  completed.latency_ms = last_ms - chunk.attempt_started_ms;
  if (chunk.first_token_ms) completed.ttft_ms = *chunk.first_token_ms - chunk.attempt_started_ms;
  completed.error = error_info(error);
  completed.generation.started_at = chunk.attempt_started_at;
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

Receipt receipt_of(const RecordedAttempt& attempt) {
  Receipt receipt = receipt_of(attempt.source);
  receipt.status = attempt.status;
  receipt.usage = attempt.usage;
  receipt.cost = attempt.cost;
  receipt.latency_ms = attempt.latency_ms;
  receipt.finish_reason = attempt.finish_reason;
  receipt.generation = attempt.generation;
  return receipt;
}

Receipt receipt_of(const EventSource& source, const ChunkCompleted& completed) {
  Receipt receipt = receipt_of(source);
  receipt.status = completed.status;
  receipt.usage = completed.usage;
  receipt.cost = completed.cost;
  receipt.latency_ms = completed.latency_ms;
  receipt.finish_reason = completed.finish_reason;
  receipt.generation = completed.generation;
  if (completed.error) receipt.generation.error_class = completed.error->code;
  return receipt;
}

MemberAnswer answer_of(const EventSource& source, const ChunkCompleted& completed) {
  return {source.member,        source.model,     source.agent,        source.chunk,
          completed.status,     completed.output, completed.usage,     completed.cost,
          completed.latency_ms, completed.error,  completed.reasoning, completed.sources};
}

class ClosingEvents {
 public:
  ClosingEvents(const Error& error, const RecordedRun& recorded, const std::string& workflow)
      : error_(error), recorded_(recorded) {
    result_.workflow = workflow;
    result_.cost = {0.0, CostOrigin::reported};
  }

  std::vector<Event> build() {
    for (const RecordedChunk* chunk : in_order()) add(*chunk);
    result_.reasons.push_back(error_.message);
    result_.degraded = true;
    for (const MemberAnswer& answer : result_.answers) {
      merge_sources(result_.sources, answer.sources, result_sources_max);
    }
    result_.usage = usage_.total();
    events_.push_back({TaskError{error_info(error_), std::move(result_)}, nullptr});
    return std::move(events_);
  }

 private:
  std::vector<const RecordedChunk*> in_order() const {
    std::vector<const RecordedChunk*> chunks;
    for (const auto& [name, chunk] : recorded_.chunks) chunks.push_back(&chunk);
    std::sort(chunks.begin(), chunks.end(), [](const RecordedChunk* a, const RecordedChunk* b) {
      return a->source.chunk_number < b->source.chunk_number;
    });
    return chunks;
  }

  void add(const RecordedChunk& chunk) {
    for (const RecordedAttempt& attempt : chunk.attempts) add(receipt_of(attempt));
    const ChunkCompleted completed = chunk.completed ? *chunk.completed : closed(chunk, error_, recorded_.last_ms);
    if (!chunk.completed) events_.push_back({completed, std::make_shared<const EventSource>(chunk.source)});
    if (completed.found) {
      if (*completed.found) result_.sources = completed.sources;
    } else {
      result_.answers.push_back(answer_of(chunk.source, completed));
    }
    if (chunk.completed && completed.error) {
      result_.reasons.push_back(describe_failure(chunk.source, completed.error));
    }
    if (!completed.cached) add(receipt_of(chunk.source, completed));
  }

  void add(Receipt receipt) {
    result_.cost = result_.cost + receipt.cost;
    if (!used_nothing(receipt.usage, receipt.cost)) usage_.add(receipt.usage);
    result_.receipts.push_back(std::move(receipt));
  }

  const Error& error_;
  const RecordedRun& recorded_;
  std::vector<Event> events_;
  TaskResult result_;
  UsageSum usage_;
};

}  // namespace

std::vector<Event> closing_events(const Error& error, const RecordedRun& recorded, const std::string& workflow) {
  return ClosingEvents(error, recorded, workflow).build();
}

}  // namespace plenum::workflow
