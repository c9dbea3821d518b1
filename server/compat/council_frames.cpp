// Source: LLM Council (cameronsjo/llm-council), backend/council_stream.py and frontend/src/hooks/conversationReducer.js
// before and after commit 983dff3; MetricsDisplay.jsx and ModelErrors.jsx for what the page computes and displays.
#include "server/compat/council_frames.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"

namespace plenum::compat {

namespace {

constexpr std::size_t title_characters_max = 50;

Json round_data(const char* round_type) { return Json{{"round_type", round_type}}; }

// The category of each error class. `transient` is displayed without the message, `unknown` with it.
std::string_view category_of(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> categories[] = {
      {"authentication", "auth"},  {"billing", "billing"},           {"rate_limit", "rate_limit"},
      {"overloaded", "transient"}, {"transport", "transient"},       {"server", "transient"},
      {"timeout", "timeout"},      {"deadline_exceeded", "timeout"},
  };
  for (const auto& [known, category] : categories) {
    if (known == code) return category;
  }
  return "unknown";
}

// What the successful calls of one stage used; figures that one call does not report are omitted.
Json stage_metrics(const std::vector<const ChunkFacts*>& chunks, bool with_models) {
  UsageSum usage;
  Cost cost{0.0, CostOrigin::reported};
  std::int64_t latency_ms = 0;
  Json models = Json::array();
  for (const ChunkFacts* one : chunks) {
    if (!one->ok()) continue;
    const ChunkCompleted& done = *one->completed;
    usage.add(done.usage);
    cost = cost + done.cost;
    latency_ms = std::max(latency_ms, done.latency_ms);
    if (!done.cost.usd) continue;
    Json row{{"model", one->name}, {"cost", *done.cost.usd}, {"latency_ms", done.latency_ms}};
    if (done.usage.total_tokens) row["tokens"] = *done.usage.total_tokens;
    if (!done.generation.provider.empty()) row["provider"] = done.generation.provider;
    models.push_back(std::move(row));
  }
  Json metrics{{"latency_ms", latency_ms}};
  if (cost.usd) metrics["cost"] = *cost.usd;
  if (usage.total().total_tokens) metrics["tokens"] = *usage.total().total_tokens;
  if (with_models) metrics["models"] = std::move(models);
  return metrics;
}

}  // namespace

Frame council_frame(const char* type, Json data, Json metadata) {
  Json json{{"type", type}};
  if (!data.is_null()) json["data"] = std::move(data);
  if (!metadata.is_null()) json["metadata"] = std::move(metadata);
  return {"", dump_json(json)};
}

Frame CouncilFrames::answers_start(Json models) const {
  if (version_ == CouncilVersion::stages) return council_frame("stage1_start", Json{{"models", std::move(models)}});
  Json data = round_data("responses");
  data["models"] = std::move(models);
  return council_frame("round_start", std::move(data));
}

Frame CouncilFrames::token(const std::string& model, const std::string& text) const {
  return council_frame(version_ == CouncilVersion::stages ? "stage1_token" : "model_token",
                       Json{{"model", model}, {"token", text}});
}

Frame CouncilFrames::response(Json answer, int index, std::size_t total) const {
  const char* type = version_ == CouncilVersion::stages ? "stage1_model_response" : "model_response";
  return {"", dump_json(Json{{"type", type}, {"data", std::move(answer)}, {"index", index}, {"total", total}})};
}

Frame CouncilFrames::failed_answer(Json error) const {
  return council_frame(version_ == CouncilVersion::stages ? "stage1_model_error" : "model_error", std::move(error));
}

Frame CouncilFrames::progress(Json progress) const {
  return council_frame(version_ == CouncilVersion::stages ? "stage1_progress" : "round_progress", std::move(progress));
}

Frame CouncilFrames::answers_complete(Json answers) const {
  if (version_ == CouncilVersion::stages) return council_frame("stage1_complete", std::move(answers));
  Json data = round_data("responses");
  data["responses"] = std::move(answers);
  return council_frame("round_complete", std::move(data));
}

Frame CouncilFrames::rankings_start() const {
  if (version_ == CouncilVersion::stages) return council_frame("stage2_start");
  return council_frame("round_start", round_data("rankings"));
}

Frame CouncilFrames::rankings_complete(Json rankings, Json metadata, Json errors) const {
  if (version_ == CouncilVersion::rounds) {
    Json data = round_data("rankings");
    data["responses"] = std::move(rankings);
    data["metadata"] = std::move(metadata);
    if (!errors.empty()) data["errors"] = std::move(errors);
    return council_frame("round_complete", std::move(data));
  }
  Json json{{"type", "stage2_complete"}, {"data", std::move(rankings)}, {"metadata", std::move(metadata)}};
  if (!errors.empty()) json["errors"] = std::move(errors);
  return {"", dump_json(json)};
}

Frame CouncilFrames::synthesis_start() const {
  return council_frame(version_ == CouncilVersion::stages ? "stage3_start" : "synthesis_start");
}

Frame CouncilFrames::synthesis_complete(Json synthesis) const {
  return council_frame(version_ == CouncilVersion::stages ? "stage3_complete" : "synthesis_complete",
                       std::move(synthesis));
}

Json call_metrics(const ChunkCompleted& chunk) {
  Json metrics{{"latency_ms", chunk.latency_ms}};
  if (chunk.usage.prompt_tokens) metrics["prompt_tokens"] = *chunk.usage.prompt_tokens;
  if (chunk.usage.completion_tokens) metrics["completion_tokens"] = *chunk.usage.completion_tokens;
  if (chunk.usage.total_tokens) metrics["total_tokens"] = *chunk.usage.total_tokens;
  if (chunk.cost.usd) metrics["cost"] = *chunk.cost.usd;
  if (!chunk.generation.model.empty()) metrics["actual_model"] = chunk.generation.model;
  if (!chunk.generation.provider.empty()) metrics["provider"] = chunk.generation.provider;
  return metrics;
}

Json council_answer(const ChunkFacts& chunk) {
  return Json{
      {"model", chunk.name}, {"response", chunk.completed->output}, {"metrics", call_metrics(*chunk.completed)}};
}

Json council_error(const ChunkFacts& chunk) {
  const ChunkCompleted& done = *chunk.completed;
  const bool timed_out = done.status == ChunkStatus::timeout;
  const std::string_view code = done.error ? std::string_view(done.error->code) : std::string_view();
  return Json{{"model", chunk.name},
              {"status_code", nullptr},
              {"category", timed_out ? "timeout" : category_of(code)},
              {"message", failure_text(done.status, done.error)}};
}

Json council_metrics(const RunView& run, const TaskResult& result, std::int64_t t_ms, const CouncilFrames& frames) {
  if (!result.cost.usd || !result.usage.total_tokens) return nullptr;
  return Json{{"total_cost", *result.cost.usd},
              {"total_tokens", *result.usage.total_tokens},
              {"total_latency_ms", t_ms},
              {"by_stage", Json{{frames.answers_key(), stage_metrics(run.answers(), true)},
                                {frames.rankings_key(), stage_metrics(run.of_kind("rank"), true)},
                                {frames.synthesis_key(), stage_metrics(run.of_kind("merge"), false)}}}};
}

std::string council_title(std::string_view task) {
  std::string_view line = task.substr(0, task.find('\n'));
  if (code_points(line) <= title_characters_max) return std::string(line);
  std::size_t end = 0;
  for (std::size_t count = 0; count + 1 < title_characters_max && end < line.size(); ++count) {
    end += utf8_step(line.substr(end)).bytes;
  }
  return std::string(line.substr(0, end)) + "…";
}

}  // namespace plenum::compat
