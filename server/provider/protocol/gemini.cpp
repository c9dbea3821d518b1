#include "server/provider/protocol/gemini.h"

#include <fmt/format.h>

#include "common/base/percent.h"
#include "common/json/json_writer.h"
#include "server/provider/protocol/json_fields.h"
#include "server/provider/protocol/message_layout.h"

namespace plenum::protocol {

namespace {

constexpr auto filtered = ErrorCode::content_filter;
constexpr FinishRule finishes[] = {
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
    {"", false, ErrorCode::server},  // OTHER, MALFORMED_FUNCTION_CALL, and unknown values
};

// The default of the enumeration: treated as absent.
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

// One response, or a list: an error in a list of one, or the response of a server that does not support `alt=sse`.
bool GeminiDecoder::read(std::string_view json, BodyKind, ParsedChunk& chunk) {
  JsonReader reader(json);
  switch (reader.kind()) {
    case JsonReader::Kind::object:
      read_response(reader, chunk);
      break;
    case JsonReader::Kind::array:
      each_element(reader, [&] { read_response(reader, chunk); });
      break;
    default:
      return false;
  }
  chunk.usage = counts_.usage();
  chunk.complete = !chunk.finish_reason.empty();
  return reader.finished();
}

void GeminiDecoder::read_response(JsonReader& reader, ParsedChunk& chunk) {
  each_member(reader, [&](std::string_view key) {
    if (key == "candidates") {
      return each_element(reader, [&] {
        candidate_.clear();
        read_candidate(reader);
        if (candidate_.index != 0) return;  // one answer was requested
        chunk.text += candidate_.text;
        chunk.reasoning += candidate_.reasoning;
        if (!candidate_.finish_reason.empty()) chunk.finish_reason = candidate_.finish_reason;
      });
    }
    if (key == "usageMetadata") return read_counts(reader);
    if (key == "promptFeedback") return read_feedback(reader, chunk);
    if (key == "error") return note_presence(reader, chunk.error);
    reader.skip();
  });
}

void GeminiDecoder::read_candidate(JsonReader& reader) {
  each_member(reader, [&](std::string_view key) {
    if (key == "content") {
      return each_member(reader, [&](std::string_view member) {
        if (member != "parts") return reader.skip();
        each_element(reader, [&] { read_part(reader); });
      });
    }
    if (key == "finishReason") {
      read_text(reader, candidate_.finish_reason);
      if (is_unspecified(candidate_.finish_reason)) candidate_.finish_reason.clear();
      return;
    }
    if (key == "index") return read_real(reader, candidate_.index);
    reader.skip();
  });
}

void GeminiDecoder::read_part(JsonReader& reader) {
  scratch_.clear();
  bool thought = false;
  each_member(reader, [&](std::string_view key) {
    if (key == "text") return read_text(reader, scratch_);
    if (key == "thought" && reader.kind() == JsonReader::Kind::boolean) return void(reader.read_boolean(thought));
    reader.skip();
  });
  (thought ? candidate_.reasoning : candidate_.text) += scratch_;
}

void GeminiDecoder::read_counts(JsonReader& reader) {
  each_member(reader, [&](std::string_view key) {
    if (key == "promptTokenCount") return read_count(reader, counts_.prompt);
    if (key == "toolUsePromptTokenCount") return read_count(reader, counts_.tool_use);
    if (key == "candidatesTokenCount") return read_count(reader, counts_.candidates);
    if (key == "thoughtsTokenCount") return read_count(reader, counts_.thoughts);
    if (key == "cachedContentTokenCount") return read_count(reader, counts_.cached);
    if (key == "totalTokenCount") return read_count(reader, counts_.total);
    reader.skip();
  });
}

void GeminiDecoder::read_feedback(JsonReader& reader, ParsedChunk& chunk) {
  each_member(reader, [&](std::string_view key) {
    if (key != "blockReason") return reader.skip();
    scratch_.clear();
    read_text(reader, scratch_);
    if (scratch_.empty() || is_unspecified(scratch_)) return;
    chunk.failure = Error{filtered, fmt::format("the provider blocked the prompt: {}", scratch_)};
  });
}

// The model's name comes from a task: encoded, it is one path segment whatever it contains.
std::string GeminiProtocol::path(const core::ChatRequest& request) const {
  std::string_view model = request.model;
  std::string path = "/models/";
  if (model.starts_with("models/")) model.remove_prefix(7);
  return path.append(percent_encoded(model)).append(":streamGenerateContent?alt=sse");
}

std::string GeminiProtocol::body(const core::ChatRequest& request) const {
  const auto layout = layout_of(request);
  std::string body = R"({"contents":[)";
  for (std::size_t i = 0; i < layout.turns.size(); ++i) {
    const auto& turn = layout.turns[i];
    body += i == 0 ? "{" : ",{";
    JsonFields(body).text("role", role_name(turn.role, "model"));
    body += ',';
    append_part(body, turn.content);
    body += '}';
  }
  body += ']';
  if (!layout.system.empty()) {
    body += R"(,"systemInstruction":{)";
    append_part(body, layout.system);
    body += '}';
  }
  if (request.parameters.temperature || request.parameters.max_tokens) {
    body += R"(,"generationConfig":{)";
    JsonFields fields(body);
    if (request.parameters.temperature) fields.real("temperature", *request.parameters.temperature);
    if (request.parameters.max_tokens) fields.number("maxOutputTokens", *request.parameters.max_tokens);
    body += '}';
  }
  return body.append("}");
}

std::unique_ptr<ResponseDecoder> GeminiProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<GeminiDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
