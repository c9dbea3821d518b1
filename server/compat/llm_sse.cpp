// Source: llm-sse's event table. Unlike there, every frame has the client's ids, including errors.
#include "server/compat/llm_sse.h"

#include <nlohmann/json.hpp>

namespace plenum::compat {

namespace {
constexpr const char* combiner = "llm-combine";
}  // namespace

void LlmSseTranslator::emit(std::vector<Frame>& out, std::string_view status, std::string_view source,
                            std::string_view message, bool final) const {
  Json data{{"message_id", run_.message_id()}};
  if (!run_.conversation_id().empty()) data["conversation_id"] = run_.conversation_id();
  data["status"] = status;
  if (!source.empty()) data["source"] = source;
  if (!message.empty()) data["message"] = message;
  if (final) data["final"] = true;
  out.push_back({"", dump_json(data)});
}

// The combination begins again at this frame; what was streamed before it is void.
void LlmSseTranslator::start_combination(std::vector<Frame>& out) {
  combined_ = void_ = false;
  emit(out, "Combining via LLM " + std::to_string(workers_ + 1), combiner, "");
}

void LlmSseTranslator::translate(const ReceivedEvent& event, std::vector<Frame>& out) {
  run_.apply(event);
  const ChunkFacts* chunk = run_.chunk(event);
  if (chunk != nullptr && chunk->kind == "search") return;  // no worker
  if (chunk != nullptr && event.type() == EventType::chunk_started) {
    if (chunk->kind == "merge") return start_combination(out);
    const std::string worker = "llm-" + std::to_string(++workers_);
    return emit(out, "Sending to " + worker, worker, "");
  }
  const bool merges = chunk != nullptr && chunk->kind == "merge";
  if (merges && event.type() == EventType::chunk_reset) void_ = combined_;
  if (merges && event.type() == EventType::chunk_completed && !chunk->ok()) void_ = combined_;
  if (const auto* tokens = std::get_if<TokenStream>(&event.payload)) {
    if (!merges || tokens->kind != TokenKind::text) return;
    if (void_) start_combination(out);
    combined_ = true;
    return emit(out, "Streaming", combiner, tokens->tokens);
  }
  if (!event.terminal) return;
  if (const std::string failure = failure_of(event); !failure.empty()) return emit(out, "error", "", failure);
  // A workflow without a combination, or a failed one: the answer is one frame.
  if (void_) start_combination(out);
  const TaskResult* result = result_of(event);
  if (!combined_ && result != nullptr) emit(out, "Streaming", combiner, result->answer);
  emit(out, "Completed", combiner, "", true);
}

}  // namespace plenum::compat
