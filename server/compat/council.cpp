// The stages of a run: when one begins and ends, and which events belong to it.
#include "server/compat/council.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/compat/council_rankings.h"

namespace plenum::compat {

void CouncilTranslator::translate(const ReceivedEvent& event, std::vector<Frame>& out) {
  run_.apply(event);
  if (event.terminal) return end(event, out);
  const ChunkFacts* chunk = run_.chunk(event);
  if (chunk == nullptr || chunk->kind == "verdict") return;
  if (event.type() == EventType::chunk_started) {
    started(*chunk, out);
  } else if (const auto* tokens = std::get_if<TokenStream>(&event.payload)) {
    // Only the first stage has tokens; its client would take others for a part of the member's answer.
    const bool answer = chunk->is_answer() && stage_ == Stage::answers && tokens->kind == TokenKind::text;
    if (answer) out.push_back(frames_.token(chunk->name, tokens->tokens));
  } else if (event.type() == EventType::chunk_completed) {
    completed(event, *chunk, out);
  }
}

void CouncilTranslator::started(const ChunkFacts& chunk, std::vector<Frame>& out) {
  if (chunk.kind == "search") return out.push_back(council_frame("web_search_start"));
  // Rankings may start before the last answer; in this format the first stage has all answers.
  if (chunk.kind == "rank" && answers_are_open()) return;
  enter_stage(chunk.kind == "merge" ? Stage::synthesis : chunk.kind == "rank" ? Stage::rankings : Stage::answers, out);
}

bool CouncilTranslator::answers_are_open() const {
  const auto answers = run_.answers();
  return std::any_of(answers.begin(), answers.end(), [](const ChunkFacts* one) { return !one->completed; });
}

// Stages never go back: an answer repeated after a ranking still belongs to the first stage.
void CouncilTranslator::enter_stage(Stage stage, std::vector<Frame>& out) {
  if (stage <= stage_) return;
  complete_stage(stage_, out);
  stage_ = stage;
  if (stage == Stage::answers) out.push_back(frames_.answers_start(models()));
  if (stage == Stage::rankings) out.push_back(frames_.rankings_start());
  if (stage == Stage::synthesis) out.push_back(frames_.synthesis_start());
}

void CouncilTranslator::complete_stage(Stage stage, std::vector<Frame>& out) {
  if (stage == Stage::answers) {
    Json answers = Json::array();
    for (const ChunkFacts* one : run_.answers()) {
      if (one->ok()) answers.push_back(council_answer(*one));
    }
    out.push_back(frames_.answers_complete(std::move(answers)));
  } else if (stage == Stage::rankings) {
    out.push_back(frames_.rankings_complete(rankings_data(run_), rankings_metadata(run_), ranking_errors(run_)));
  }
}

void CouncilTranslator::completed(const ReceivedEvent& event, const ChunkFacts& chunk, std::vector<Frame>& out) {
  if (chunk.kind == "search") {
    const ChunkCompleted& done = *chunk.completed;
    out.push_back(council_frame(
        "web_search_complete",
        Json{{"found", done.found.value_or(false)}, {"error", done.error ? Json(done.error->message) : Json()}}));
  } else if (chunk.kind == "merge") {
    synthesis_completed(chunk, out);
  } else if (chunk.is_answer()) {
    answer_completed(chunk, event.t_ms, out);
    if (!answers_are_open() && !run_.of_kind("rank").empty()) enter_stage(Stage::rankings, out);
  }
}

void CouncilTranslator::answer_completed(const ChunkFacts& chunk, std::int64_t t_ms, std::vector<Frame>& out) {
  if (stage_ != Stage::answers) return;
  ++answered_;
  if (chunk.ok()) {
    out.push_back(frames_.response(council_answer(chunk), answered_, models().size()));
  } else {
    out.push_back(frames_.failed_answer(council_error(chunk)));
  }
  out.push_back(frames_.progress(progress(t_ms)));
}

// The members of the task, then further texts of theirs.
std::vector<std::string> CouncilTranslator::models() const {
  std::vector<std::string> models;
  const auto add = [&models](const std::string& name) {
    if (std::find(models.begin(), models.end(), name) == models.end()) models.push_back(name);
  };
  for (const MemberRef& member : run_.task().members) add(member.id);
  for (const ChunkFacts* one : run_.answers()) add(one->name);
  return models;
}

Json CouncilTranslator::progress(std::int64_t t_ms) const {
  std::vector<std::string> done, pending;
  const ChunkFacts* fastest = nullptr;
  for (const ChunkFacts* one : run_.answers()) {
    if (!one->completed) continue;
    done.push_back(one->name);
    const bool faster = fastest == nullptr || one->completed->latency_ms < fastest->completed->latency_ms;
    if (one->ok() && faster) fastest = one;
  }
  const std::vector<std::string> all = models();
  std::copy_if(all.begin(), all.end(), std::back_inserter(pending),
               [&](const std::string& name) { return std::find(done.begin(), done.end(), name) == done.end(); });
  Json json{{"completed", done.size()},
            {"total", all.size()},
            {"elapsed_ms", t_ms},
            {"completed_models", std::move(done)},
            {"pending_models", std::move(pending)}};
  if (fastest != nullptr) {
    json["fastest_model"] = fastest->name;
    json["fastest_latency_ms"] = fastest->completed->latency_ms;
  }
  return json;
}

void CouncilTranslator::synthesis_completed(const ChunkFacts& chunk, std::vector<Frame>& out) {
  const ChunkCompleted& done = *chunk.completed;
  // The client's word for a chairman that failed: it displays a text that begins so as an error, with a retry button.
  const std::string text = chunk.ok() ? done.output : "Error: " + failure_text(done.status, done.error);
  synthesis_emitted_ = true;
  out.push_back(frames_.synthesis_complete(
      Json{{"model", chunk.source.member}, {"response", text}, {"metrics", call_metrics(done)}}));
}

// A stage that began also ends: the client would display it as loading for ever.
void CouncilTranslator::end_synthesis(const TaskResult& result, const std::string& failure, std::vector<Frame>& out) {
  if (synthesis_emitted_) return;
  if (!failure.empty()) {
    if (stage_ == Stage::synthesis) out.push_back(frames_.synthesis_complete(Json{{"response", "Error: " + failure}}));
    return;
  }
  // Without a chairman, the answer of the workflow; but the text of one member is never shown as the council's.
  const auto answers = run_.answers();
  const bool of_member = std::any_of(answers.begin(), answers.end(), [&](const ChunkFacts* one) {
    return one->completed && one->completed->output == result.answer;
  });
  if (of_member || result.answer.empty()) return;
  enter_stage(Stage::synthesis, out);
  out.push_back(frames_.synthesis_complete(Json{{"response", result.answer}}));
}

void CouncilTranslator::end(const ReceivedEvent& event, std::vector<Frame>& out) {
  const TaskResult* result = result_of(event);
  if (result == nullptr) return;
  const std::string failure = failure_of(event);
  for (const SkippedMember& member : result->skipped) {
    out.push_back(frames_.failed_answer(
        Json{{"model", member.id}, {"status_code", nullptr}, {"category", "unknown"}, {"message", member.reason}}));
  }
  if (stage_ != Stage::synthesis) complete_stage(std::exchange(stage_, Stage::none), out);
  end_synthesis(*result, failure, out);
  if (Json metrics = council_metrics(run_, *result, event.t_ms, frames_); !metrics.is_null()) {
    out.push_back(council_frame("metrics_complete", std::move(metrics)));
  }
  if (!failure.empty()) {
    out.push_back({"", dump_json(Json{{"type", "error"}, {"message", failure}})});
    return;
  }
  out.push_back(council_frame("title_complete", Json{{"title", council_title(run_.task().task)}}));
  out.push_back(council_frame("complete"));
}

}  // namespace plenum::compat
