// Source: conclave's README and src/conclave/models.py (StreamEvent, ModelAnswer, CouncilResult): all six fields of an
// event are present, `skipped` is a list of names, and an answer without an error has a text.
#include "server/compat/conclave.h"

#include <nlohmann/json.hpp>

namespace plenum::compat {

namespace {

Frame frame(const char* type, const ChunkFacts* chunk, Json text, Json answer, Json result) {
  Json data{{"type", type}};
  data["name"] = chunk != nullptr ? Json(chunk->name) : Json();
  data["model_id"] = chunk != nullptr ? Json(chunk->source.model) : Json();
  data["text"] = std::move(text);
  data["answer"] = std::move(answer);
  data["result"] = std::move(result);
  return {type, dump_json(data)};
}

Json usage_json(const Usage& usage) {
  if (!usage.prompt_tokens || !usage.completion_tokens) return {};
  return Json{{"prompt_tokens", *usage.prompt_tokens},
              {"completion_tokens", *usage.completion_tokens},
              {"total_tokens", usage.total_tokens.value_or(*usage.prompt_tokens + *usage.completion_tokens)}};
}

struct AnswerFacts {
  const std::string& name;
  const std::string& model;
  const std::string& text;
  std::int64_t latency_ms = 0;
  const Usage& usage;
  std::optional<std::string> failure;
};

Json model_answer(const AnswerFacts& facts) {
  const bool has_text = !facts.failure || !facts.text.empty();
  return Json{{"name", facts.name},
              {"model_id", facts.model},
              {"answer", has_text ? Json(facts.text) : Json()},
              {"latency_s", static_cast<double>(facts.latency_ms) / 1000},
              {"usage", usage_json(facts.usage)},
              {"error", facts.failure ? Json(*facts.failure) : Json()}};
}

std::optional<std::string> failure(ChunkStatus status, const std::optional<ErrorInfo>& error) {
  return status == ChunkStatus::ok ? std::nullopt : std::optional(failure_text(status, error));
}

const char* delta_type(const ChunkFacts& chunk) { return chunk.kind == "merge" ? "synthesis_delta" : "member_delta"; }
const char* done_type(const ChunkFacts& chunk) { return chunk.kind == "merge" ? "synthesis_done" : "member_done"; }

}  // namespace

Json ConclaveTranslator::council_result(const TaskResult& result, const std::string& task_failure) const {
  Json answers = Json::array(), skipped = Json::array();
  const auto merges = run_.of_kind("merge");
  const ChunkFacts* merge = merges.empty() ? nullptr : merges.back();
  for (const MemberAnswer& answer : result.answers) {
    const ChunkFacts* chunk = run_.chunk_with_id(answer.chunk);
    if (chunk != nullptr && !chunk->is_answer()) continue;
    const std::string& name = chunk != nullptr ? chunk->name : answer.member;
    answers.push_back(model_answer(
        {name, answer.model, answer.text, answer.latency_ms, answer.usage, failure(answer.status, answer.error)}));
  }
  for (const SkippedMember& member : result.skipped) skipped.push_back(member.id);
  const bool merge_failed = merge != nullptr && merge->completed && !merge->ok();
  const std::string fault = !task_failure.empty() ? task_failure
                            : merge_failed        ? failure_text(merge->completed->status, merge->completed->error)
                                                  : std::string();
  return Json{{"prompt", run_.task().task},
              {"mode", run_.task().workflow},
              {"answers", std::move(answers)},
              {"synthesizer", merge != nullptr ? Json(merge->source.member) : Json()},
              {"synthesizer_model_id", merge != nullptr ? Json(merge->source.model) : Json()},
              {"synthesis", result.synthesis.empty() ? Json() : Json(result.synthesis)},
              {"synthesis_error", fault.empty() ? Json() : Json(fault)},
              {"skipped", std::move(skipped)},
              {"cached", result.cached},
              {"degraded", result.degraded || !task_failure.empty()}};
}

void ConclaveTranslator::translate(const ReceivedEvent& event, std::vector<Frame>& out) {
  run_.apply(event);
  if (const TaskResult* result = result_of(event)) {
    out.push_back(frame("done", nullptr, {}, {}, council_result(*result, failure_of(event))));
    return;
  }
  const ChunkFacts* chunk = run_.chunk(event);
  // Rankings, searches and verdicts have no event type in this format.
  if (chunk == nullptr || (!chunk->is_answer() && chunk->kind != "merge")) return;
  if (const auto* tokens = std::get_if<TokenStream>(&event.payload); tokens && tokens->kind == TokenKind::text) {
    sent_[event.source.chunk] += tokens->tokens;
    out.push_back(frame(delta_type(*chunk), chunk, tokens->tokens, {}, {}));
  } else if (const auto* abandoned = std::get_if<ChunkReset>(&event.payload)) {
    reset(event, *abandoned, out);
  } else if (event.type() == EventType::chunk_completed) {
    completed(*chunk, out);
  }
}

// Text cannot be withdrawn in this format: the attempt ends as a failed answer, and the next one gets another name.
void ConclaveTranslator::reset(const ReceivedEvent& event, const ChunkReset& reset, std::vector<Frame>& out) {
  const auto sent = sent_.find(event.source.chunk);
  if (sent == sent_.end() || sent->second.empty()) return;
  const ChunkFacts& chunk = *run_.chunk(event);
  const std::string reason = reset.reason.empty() ? "the attempt was abandoned" : reset.reason;
  out.push_back(
      frame(done_type(chunk), &chunk, {},
            model_answer({chunk.name, chunk.source.model, sent->second, reset.latency_ms, reset.usage, reason}), {}));
  sent_.erase(sent);
  run_.rename(event.source.chunk);
}

void ConclaveTranslator::completed(const ChunkFacts& chunk, std::vector<Frame>& out) {
  const ChunkCompleted& done = *chunk.completed;
  // A cached answer has no deltas; its text is printed from a delta nevertheless.
  if (sent_[chunk.source.chunk].empty() && !done.output.empty()) {
    out.push_back(frame(delta_type(chunk), &chunk, done.output, {}, {}));
  }
  sent_.erase(chunk.source.chunk);
  out.push_back(frame(done_type(chunk), &chunk, {},
                      model_answer({chunk.name, chunk.source.model, done.output, done.latency_ms, done.usage,
                                    failure(done.status, done.error)}),
                      {}));
}

}  // namespace plenum::compat
