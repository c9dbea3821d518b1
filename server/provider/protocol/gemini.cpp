#include "server/provider/protocol/gemini.h"

#include <fmt/format.h>

#include "common/base/percent.h"
#include "common/json/json_writer.h"
#include "server/provider/protocol/json_fields.h"
#include "server/provider/protocol/message_layout.h"

namespace plenum::protocol {

namespace {

constexpr auto filtered = ErrorCode::content_filter;
constexpr FinishRow finishes[] = {
    {"STOP"},
    {"MAX_TOKENS", true},
    {"SAFETY", false, filtered},
    {"RECITATION", false, filtered},
    {"LANGUAGE", false, filtered},
    {"BLOCKLIST", false, filtered},
    {"PROHIBITED_CONTENT", false, filtered},
    {"SPII", false, filtered},
    {"IMAGE_SAFETY", false, filtered},
    {"IMAGE_PROHIBITED_CONTENT", false, filtered},
    {"IMAGE_RECITATION", false, filtered},
    {"", false, ErrorCode::server},  // OTHER, MALFORMED_FUNCTION_CALL, and what is new: not a good end
};

// The default of the enumeration: as good as absent.
bool is_unspecified(std::string_view word) { return word.ends_with("_UNSPECIFIED"); }

void append_part(std::string& out, std::string_view text) {
  out += R"("parts":[{)";
  JsonFields(out).text("text", text);
  out += "}]";
}

}  // namespace

Usage GeminiDecoder::Counts::usage() const {
  Usage usage;
  if (prompt) usage.prompt_tokens = *prompt + tool_use.value_or(0);
  if (candidates || thoughts) usage.completion_tokens = candidates.value_or(0) + thoughts.value_or(0);
  usage.total_tokens = total;
  usage.cached_input_tokens = cached;
  usage.reasoning_tokens = thoughts;
  return usage;
}

void GeminiDecoder::Candidate::clear() {
  for (auto* part : {&text, &reasoning, &finish_reason}) part->clear();
  index = 0;
}

GeminiDecoder::GeminiDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, {finishes}) {}

// One response, or a list of them: an error in a list of one, or the whole answer of a server that was not
// asked for, or does not know, `alt=sse`.
bool GeminiDecoder::read(std::string_view json, BodyKind, ParsedChunk& said) {
  JsonReader walk(json);
  switch (walk.kind()) {
    case JsonReader::Kind::object:
      read_response(walk, said);
      break;
    case JsonReader::Kind::array:
      each_element(walk, [&] { read_response(walk, said); });
      break;
    default:
      return false;
  }
  said.usage = counts_.usage();
  said.complete = !said.finish_reason.empty();
  return walk.finished();
}

void GeminiDecoder::read_response(JsonReader& walk, ParsedChunk& said) {
  each_member(walk, [&](std::string_view key) {
    if (key == "candidates") {
      return each_element(walk, [&] {
        candidate_.clear();
        read_candidate(walk);
        if (candidate_.index != 0) return;  // one answer was asked for
        said.text += candidate_.text;
        said.reasoning += candidate_.reasoning;
        if (!candidate_.finish_reason.empty()) said.finish_reason = candidate_.finish_reason;
      });
    }
    if (key == "usageMetadata") return read_counts(walk);
    if (key == "promptFeedback") return read_feedback(walk, said);
    if (key == "error") return note_presence(walk, said.error);
    walk.skip();
  });
}

void GeminiDecoder::read_candidate(JsonReader& walk) {
  each_member(walk, [&](std::string_view key) {
    if (key == "content") {
      return each_member(walk, [&](std::string_view member) {
        if (member != "parts") return walk.skip();
        each_element(walk, [&] { read_part(walk); });
      });
    }
    if (key == "finishReason") {
      read_text(walk, candidate_.finish_reason);
      if (is_unspecified(candidate_.finish_reason)) candidate_.finish_reason.clear();
      return;
    }
    if (key == "index") return read_real(walk, candidate_.index);
    walk.skip();
  });
}

void GeminiDecoder::read_part(JsonReader& walk) {
  scratch_.clear();
  bool thought = false;
  each_member(walk, [&](std::string_view key) {
    if (key == "text") return read_text(walk, scratch_);
    if (key == "thought" && walk.kind() == JsonReader::Kind::boolean) return void(walk.read_boolean(thought));
    walk.skip();
  });
  (thought ? candidate_.reasoning : candidate_.text) += scratch_;
}

void GeminiDecoder::read_counts(JsonReader& walk) {
  each_member(walk, [&](std::string_view key) {
    if (key == "promptTokenCount") return read_count(walk, counts_.prompt);
    if (key == "toolUsePromptTokenCount") return read_count(walk, counts_.tool_use);
    if (key == "candidatesTokenCount") return read_count(walk, counts_.candidates);
    if (key == "thoughtsTokenCount") return read_count(walk, counts_.thoughts);
    if (key == "cachedContentTokenCount") return read_count(walk, counts_.cached);
    if (key == "totalTokenCount") return read_count(walk, counts_.total);
    walk.skip();
  });
}

void GeminiDecoder::read_feedback(JsonReader& walk, ParsedChunk& said) {
  each_member(walk, [&](std::string_view key) {
    if (key != "blockReason") return walk.skip();
    scratch_.clear();
    read_text(walk, scratch_);
    if (scratch_.empty() || is_unspecified(scratch_)) return;
    said.failure = Error{filtered, fmt::format("the provider blocked the prompt: {}", scratch_)};
  });
}

// The model's name comes from a task: whatever is in it, it stays one step of the path.
std::string GeminiProtocol::path(const core::ChatRequest& request) const {
  std::string_view model = request.model;
  std::string path = "/models/";
  if (model.starts_with("models/")) model.remove_prefix(7);
  return path.append(percent_encoded(model)).append(":streamGenerateContent?alt=sse");
}

std::string GeminiProtocol::body(const core::ChatRequest& request) const {
  const auto conversation = conversation_of(request);
  std::string body = R"({"contents":[)";
  for (std::size_t i = 0; i < conversation.turns.size(); ++i) {
    const auto& turn = conversation.turns[i];
    body += i == 0 ? "{" : ",{";
    JsonFields(body).text("role", role_name(turn.role, "model"));
    body += ',';
    append_part(body, turn.content);
    body += '}';
  }
  body += ']';
  if (!conversation.system.empty()) {
    body += R"(,"systemInstruction":{)";
    append_part(body, conversation.system);
    body += '}';
  }
  if (request.temperature || request.max_tokens) {
    body += R"(,"generationConfig":{)";
    JsonFields fields(body);
    if (request.temperature) fields.real("temperature", *request.temperature);
    if (request.max_tokens) fields.number("maxOutputTokens", *request.max_tokens);
    body += '}';
  }
  return body.append("}");
}

std::unique_ptr<ResponseDecoder> GeminiProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<GeminiDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
