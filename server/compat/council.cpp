// Source: LLM Council's stream of {type, data}: three stages with starts and completions, answers, progress, and the
// newest version's model_token and model_error.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/labels.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"
#include "server/compat/translators.h"

namespace plenum::compat {

namespace {

constexpr std::size_t title_characters_max = 60;

Frame frame(const char* type, Json data = {}, Json metadata = {}) {
  Json json{{"type", type}};
  if (!data.is_null()) json["data"] = std::move(data);
  if (!metadata.is_null()) json["metadata"] = std::move(metadata);
  return {"", dump_json(json)};
}

Json metrics_json(const ChunkCompleted& chunk) {
  const auto figure = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
  return Json{{"prompt_tokens", figure(chunk.usage.prompt_tokens)},
              {"completion_tokens", figure(chunk.usage.completion_tokens)},
              {"total_tokens", figure(chunk.usage.total_tokens)},
              {"cost", chunk.cost.usd ? Json(*chunk.cost.usd) : Json()},
              {"latency_ms", chunk.latency_ms}};
}

std::string title_of(std::string_view task) {
  std::string line(task.substr(0, task.find('\n')));
  const std::string_view cut = utf8_prefix(line, title_characters_max);
  return std::string(cut) + (cut.size() < line.size() ? "…" : "");
}

}  // namespace

void CouncilTranslator::translate(const ReceivedEvent& event, std::vector<Frame>& out) {
  run_.apply(event);
  const ChunkFacts* chunk = run_.chunk(event);
  if (event.terminal) {
    end(event, out);
  } else if (chunk == nullptr) {
    return;
  } else if (event.type() == EventType::chunk_started) {
    started(event, out);
  } else if (const auto* tokens = std::get_if<TokenStream>(&event.payload)) {
    if (chunk->kind == "search" || tokens->kind != TokenKind::text) return;
    // Its client would take it for a part of the member's answer.
    if (chunk->kind == "rank" && stage_ != Stage::rankings) return;
    out.push_back(frame("model_token", Json{{"model", event.source.member}, {"token", tokens->tokens}}));
  } else if (const auto* done = std::get_if<ChunkCompleted>(&event.payload)) {
    completed(event, *done, out);
  }
}

void CouncilTranslator::started(const ReceivedEvent& event, std::vector<Frame>& out) {
  const std::string& kind = run_.chunk(event)->kind;
  if (kind == "search") return out.push_back(frame("web_search_start"));
  // Rankings may start before the last answer; in this format the first stage has all answers.
  if (kind == "rank" && answers_are_open()) return;
  enter_stage(kind == "merge" ? Stage::synthesis : kind == "rank" ? Stage::rankings : Stage::answers, out);
}

bool CouncilTranslator::answers_are_open() const {
  const auto answers = run_.of_kind("generate");
  return std::any_of(answers.begin(), answers.end(), [](const ChunkFacts* one) { return !one->completed; });
}

// Stages never go back: an answer repeated after a ranking still belongs to the first stage.
void CouncilTranslator::enter_stage(Stage stage, std::vector<Frame>& out) {
  if (stage <= stage_) return;
  complete_stage(stage_, out);
  stage_ = stage;
  if (stage == Stage::answers) out.push_back(frame("stage1_start"));
  if (stage == Stage::rankings) out.push_back(frame("stage2_start"));
  if (stage == Stage::synthesis) out.push_back(frame("stage3_start"));
}

void CouncilTranslator::complete_stage(Stage stage, std::vector<Frame>& out) {
  if (stage == Stage::answers) out.push_back(frame("stage1_complete", answers_data()));
  if (stage != Stage::rankings) return;
  Json label_to_model = Json::object(), standing = Json::array();
  std::map<std::string, std::pair<double, int>> places;  // by member: sum and count
  for (const auto& [member, label] : labels()) label_to_model[label] = member;
  for (const ChunkFacts* ranking : latest_rankings()) {
    const auto& order = ranking->completed->parsed_ranking;
    for (std::size_t i = 0; i < order.size(); ++i) {
      places[order[i]].first += static_cast<double>(i + 1);
      ++places[order[i]].second;
    }
  }
  std::vector<std::pair<double, std::string>> by_rank;
  for (const auto& [member, sum] : places) by_rank.emplace_back(sum.first / sum.second, member);
  std::sort(by_rank.begin(), by_rank.end());
  for (const auto& [mean, member] : by_rank) {
    standing.push_back(Json{{"model", member},
                            {"average_rank", static_cast<double>(static_cast<std::int64_t>(mean * 100 + 0.5)) / 100},
                            {"rankings_count", places[member].second}});
  }
  const auto searches = run_.of_kind("search");
  const bool found =
      !searches.empty() && searches.back()->completed && searches.back()->completed->found.value_or(false);
  out.push_back(frame("stage2_complete", rankings_data(),
                      Json{{"label_to_model", std::move(label_to_model)},
                           {"aggregate_rankings", std::move(standing)},
                           {"web_search_used", found}}));
}

void CouncilTranslator::completed(const ReceivedEvent& event, const ChunkCompleted& chunk, std::vector<Frame>& out) {
  const ChunkFacts& facts = *run_.chunk(event);
  if (facts.kind == "search") {
    out.push_back(frame("web_search_complete", Json{{"found", chunk.found.value_or(false)},
                                                    {"error", chunk.error ? Json(chunk.error->message) : Json()}}));
  } else if (facts.kind == "merge") {
    // A failure is never reported as a text of the chairman.
    if (chunk.status != ChunkStatus::ok) return emit_answer(facts, chunk, event.t_ms, out);
    synthesis_emitted_ = true;
    out.push_back(
        frame("stage3_complete",
              Json{{"model", facts.source.member}, {"response", chunk.output}, {"metrics", metrics_json(chunk)}}));
  } else {
    emit_answer(facts, chunk, event.t_ms, out);
    if (facts.kind == "generate" && !answers_are_open() && !run_.of_kind("rank").empty()) {
      enter_stage(Stage::rankings, out);
    }
  }
}

void CouncilTranslator::emit_answer(const ChunkFacts& facts, const ChunkCompleted& chunk, std::int64_t t_ms,
                                    std::vector<Frame>& out) {
  const std::string& member = facts.source.member;
  const bool ok = chunk.status == ChunkStatus::ok;
  if (!ok) {
    out.push_back(
        frame("model_error", Json{{"model", member},
                                  {"status_code", nullptr},
                                  {"category", chunk.error ? chunk.error->code : std::string(name_of(chunk.status))},
                                  {"message", chunk.error ? chunk.error->message : std::string()}}));
  }
  if (facts.kind != "generate" || stage_ != Stage::answers) return;
  const auto chunks = run_.of_kind("generate");
  ++answered_;
  if (ok) {
    out.push_back(frame("stage1_model_response", Json{{"model", member},
                                                      {"response", chunk.output},
                                                      {"metrics", metrics_json(chunk)},
                                                      {"index", answered_},
                                                      {"total", chunks.size()}}));
  }
  Json done = Json::array(), pending = Json::array();
  const ChunkFacts* fastest = nullptr;
  for (const ChunkFacts* one : chunks) {
    (one->completed ? done : pending).push_back(one->source.member);
    if (!one->completed || one->completed->status != ChunkStatus::ok) continue;
    if (fastest == nullptr || one->completed->latency_ms < fastest->completed->latency_ms) fastest = one;
  }
  out.push_back(
      frame("stage1_progress",
            Json{{"completed", answered_},
                 {"total", chunks.size()},
                 {"elapsed_ms", t_ms},
                 {"completed_models", std::move(done)},
                 {"pending_models", std::move(pending)},
                 {"fastest_model", fastest != nullptr ? Json(fastest->source.member) : Json()},
                 {"fastest_latency_ms", fastest != nullptr ? Json(fastest->completed->latency_ms) : Json()}}));
}

// The labels of the rankings, which are the same for all reviewers; without any ranking, in the order of the answers.
std::map<std::string, std::string> CouncilTranslator::labels() const {
  std::map<std::string, std::string> labels;
  for (const ChunkFacts* one : run_.of_kind("rank")) {
    if (!one->completed) continue;
    const std::vector<std::string>& members = one->completed->label_order;
    for (std::size_t label = 0; label < members.size(); ++label) {
      if (!members[label].empty()) labels[members[label]] = "Response " + label_of(label);
    }
  }
  if (!labels.empty()) return labels;
  std::size_t place = 0;
  for (const ChunkFacts* one : run_.of_kind("generate")) {
    if (one->completed && one->completed->status == ChunkStatus::ok && !labels.contains(one->source.member)) {
      labels[one->source.member] = "Response " + label_of(place++);
    }
  }
  return labels;
}

Json CouncilTranslator::answers_data() const {
  Json data = Json::array();
  for (const ChunkFacts* one : run_.of_kind("generate")) {
    if (!one->completed || one->completed->status != ChunkStatus::ok) continue;
    data.push_back(Json{{"model", one->source.member},
                        {"response", one->completed->output},
                        {"metrics", metrics_json(*one->completed)}});
  }
  return data;
}

// One for each reviewer: who ranks again after a late answer replaces the earlier ranking.
std::vector<const ChunkFacts*> CouncilTranslator::latest_rankings() const {
  std::vector<const ChunkFacts*> latest;
  for (const ChunkFacts* one : run_.of_kind("rank")) {
    if (!one->completed || one->completed->status != ChunkStatus::ok) continue;
    const auto same = [&](const ChunkFacts* other) { return other->source.member == one->source.member; };
    const auto earlier = std::find_if(latest.begin(), latest.end(), same);
    earlier == latest.end() ? latest.push_back(one) : void(*earlier = one);
  }
  return latest;
}

Json CouncilTranslator::rankings_data() const {
  const auto common = labels();
  Json data = Json::array();
  for (const ChunkFacts* one : latest_rankings()) {
    Json parsed = Json::array();
    for (const std::string& member : one->completed->parsed_ranking) {
      if (const auto label = common.find(member); label != common.end()) parsed.push_back(label->second);
    }
    data.push_back(Json{{"model", one->source.member},
                        {"ranking", one->completed->output},
                        {"parsed_ranking", std::move(parsed)},
                        {"metrics", metrics_json(*one->completed)}});
  }
  return data;
}

void CouncilTranslator::end(const ReceivedEvent& event, std::vector<Frame>& out) {
  const TaskResult& result = *result_of(event);
  const std::string failure = failure_of(event);
  if (failure.empty()) {
    enter_stage(Stage::synthesis, out);
    // Without a chairman, the answer of the workflow is used.
    if (!synthesis_emitted_)
      out.push_back(frame("stage3_complete", Json{{"model", nullptr}, {"response", result.answer}}));
  }
  out.push_back(frame("metrics_complete",
                      Json{{"total_cost", result.cost.usd ? Json(*result.cost.usd) : Json()},
                           {"total_tokens", result.usage.total_tokens ? Json(*result.usage.total_tokens) : Json()},
                           {"total_latency_ms", event.t_ms}}));
  if (!failure.empty()) {
    out.push_back({"", dump_json(Json{{"type", "error"}, {"message", failure}})});
    return;
  }
  out.push_back(frame("title_complete", Json{{"title", title_of(run_.task().task)}}));
  out.push_back(frame("complete"));
}

}  // namespace plenum::compat
