// Source: conclave's README and its StreamEvents, each with all six fields.
#include <nlohmann/json.hpp>

#include "server/compat/translators.h"

namespace plenum::compat {

namespace {

Frame frame(const char* type, const EventSource* source, Json text, Json answer, Json result) {
  Json data{{"type", type}};
  data["name"] = source != nullptr ? Json(source->member) : Json();
  data["model_id"] = source != nullptr ? Json(source->model) : Json();
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

Json model_answer(const std::string& name, const std::string& model, const std::string& text, std::int64_t latency_ms,
                  const Usage& usage, const std::optional<ErrorInfo>& error) {
  return Json{{"name", name},
              {"model_id", model},
              {"answer", text.empty() ? Json() : Json(text)},
              {"latency_s", static_cast<double>(latency_ms) / 1000},
              {"usage", usage_json(usage)},
              {"error", error ? Json(error->message) : Json()}};
}

Json model_answer(const EventSource& source, const ChunkCompleted& chunk) {
  return model_answer(source.member, source.model, chunk.output, chunk.latency_ms, chunk.usage, chunk.error);
}

Json council_result(const RunView& run, const TaskResult& result, const std::string& failure) {
  Json answers = Json::array(), skipped = Json::array();
  const auto merges = run.of_kind("merge");
  const ChunkFacts* merge = merges.empty() ? nullptr : merges.back();
  for (const MemberAnswer& answer : result.answers) {
    if (merge != nullptr && answer.chunk == merge->source.chunk) continue;
    answers.push_back(
        model_answer(answer.member, answer.model, answer.text, answer.latency_ms, answer.usage, answer.error));
  }
  for (const SkippedMember& member : result.skipped) {
    skipped.push_back(Json{{"name", member.id}, {"reason", member.reason}});
  }
  const bool merge_failed = merge != nullptr && merge->completed && merge->completed->status != ChunkStatus::ok;
  const std::string fault = !failure.empty()                          ? failure
                            : merge_failed && merge->completed->error ? merge->completed->error->message
                                                                      : std::string();
  return Json{{"prompt", run.task().task},
              {"mode", run.task().workflow},
              {"answers", std::move(answers)},
              {"synthesizer", merge != nullptr ? Json(merge->source.member) : Json()},
              {"synthesizer_model_id", merge != nullptr ? Json(merge->source.model) : Json()},
              {"synthesis", result.synthesis.empty() ? Json() : Json(result.synthesis)},
              {"synthesis_error", fault.empty() ? Json() : Json(fault)},
              {"skipped", std::move(skipped)},
              {"cached", result.cached},
              {"degraded", result.degraded || !failure.empty()}};
}

}  // namespace

void ConclaveTranslator::translate(const ReceivedEvent& event, std::vector<Frame>& out) {
  run_.apply(event);
  if (const TaskResult* result = result_of(event)) {
    out.push_back(frame("done", nullptr, {}, {}, council_result(run_, *result, failure_of(event))));
    return;
  }
  const ChunkFacts* chunk = run_.chunk(event);
  // Rankings and searches have no event type in this format.
  if (chunk == nullptr || chunk->kind == "rank" || chunk->kind == "search") return;
  const bool merges = chunk->kind == "merge";
  if (const auto* tokens = std::get_if<TokenStream>(&event.payload); tokens && tokens->kind == TokenKind::text) {
    out.push_back(frame(merges ? "synthesis_delta" : "member_delta", &chunk->source, tokens->tokens, {}, {}));
  } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
    out.push_back(frame(merges ? "synthesis_done" : "member_done", &chunk->source, {},
                        model_answer(chunk->source, *completed), {}));
  }
}

}  // namespace plenum::compat
