#include "server/provider/protocol/openai.h"

#include <algorithm>
#include <iterator>

#include "common/json/json_writer.h"
#include "server/provider/protocol/json_fields.h"
#include "server/provider/protocol/message_layout.h"

namespace plenum::protocol {

namespace {

constexpr FinishRule finishes[] = {
    {"length", true},
    {"model_length", true},  // Mistral: the context window is full
    {"content_filter", false, ErrorCode::content_filter},
    {"insufficient_system_resource", false, ErrorCode::overloaded},  // DeepSeek
    {"error", false, ErrorCode::server},                             // OpenRouter
};

// OpenAI's reasoning models reject `temperature` and `max_tokens`.
bool is_reasoning_model(std::string_view model) {
  const auto name = model.substr(model.rfind('/') + 1);  // npos + 1 is 0
  constexpr std::string_view families[] = {"o1", "o3", "o4", "gpt-5"};
  return std::any_of(std::begin(families), std::end(families), [name](std::string_view family) {
    if (!name.starts_with(family)) return false;
    const auto rest = name.substr(family.size());
    return rest.empty() || rest.front() == '-' || rest.front() == '.';
  });
}

// Text is a string, or a list of parts; only parts with a `text` are used.
void read_content(JsonReader& reader, std::string& out) {
  if (reader.kind() != JsonReader::Kind::array) return read_text(reader, out);
  each_element(reader, [&] {
    each_member(reader, [&](std::string_view key) { key == "text" ? read_text(reader, out) : reader.skip(); });
  });
}

void read_usage(JsonReader& reader, Usage& known, Cost& cost) {
  Usage usage;
  each_member(reader, [&](std::string_view key) {
    if (key == "prompt_tokens") return read_count(reader, usage.prompt_tokens);
    if (key == "completion_tokens") return read_count(reader, usage.completion_tokens);
    if (key == "total_tokens") return read_count(reader, usage.total_tokens);
    if (key == "prompt_cache_hit_tokens") return read_count(reader, usage.cached_input_tokens);
    if (key == "prompt_tokens_details" || key == "completion_tokens_details") {
      return each_member(reader, [&](std::string_view detail) {
        if (detail == "cached_tokens") return read_count(reader, usage.cached_input_tokens);
        if (detail == "cache_write_tokens") return read_count(reader, usage.cache_write_tokens);
        if (detail == "reasoning_tokens") return read_count(reader, usage.reasoning_tokens);
        reader.skip();
      });
    }
    if (key == "cost") {
      double usd = -1;
      read_real(reader, usd);
      if (usd >= 0) cost = Cost{usd, CostOrigin::reported};
      return;
    }
    reader.skip();
  });
  merge_cumulative(known, usage);
}

}  // namespace

OpenAiDecoder::OpenAiDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, {finishes, true}) {}

void OpenAiDecoder::Choice::clear() {
  for (auto* text : {&content, &reasoning, &refusal, &finish_reason}) text->clear();
  index = 0;
}

bool OpenAiDecoder::read(std::string_view json, BodyKind kind, ParsedChunk& chunk) {
  const auto message_key = kind == BodyKind::whole ? "message" : "delta";
  JsonReader reader(json);
  std::string_view key;
  for (reader.enter_object(); reader.next_member(key);) read_member(reader, key, message_key, chunk);
  chunk.complete = kind == BodyKind::whole || !chunk.finish_reason.empty();
  return reader.finished();
}

void OpenAiDecoder::read_member(JsonReader& reader, std::string_view key, std::string_view message_key,
                                ParsedChunk& chunk) {
  if (key == "choices") return read_choices(reader, message_key, chunk);
  if (key == "usage") return read_usage(reader, chunk.usage, chunk.cost);
  if (key == "error") return note_presence(reader, chunk.error);
  if (key == "x_groq") {
    return each_member(reader, [&](std::string_view part) {
      if (part == "usage") return read_usage(reader, chunk.usage, chunk.cost);
      part == "error" ? note_presence(reader, chunk.error) : reader.skip();
    });
  }
  if (key == "object") {  // vLLM: {"object":"error","message":…}
    scratch_.clear();
    read_text(reader, scratch_);
    chunk.error |= scratch_ == "error";
    return;
  }
  reader.skip();
}

// vLLM sends null beside usage.
void OpenAiDecoder::read_choices(JsonReader& reader, std::string_view message_key, ParsedChunk& chunk) {
  each_element(reader, [&] {
    choice_.clear();
    read_choice(reader, message_key, chunk);
    // One answer was requested; other indices are ignored. Some servers put several parts of one answer into a chunk,
    // with or without an index: none of them may be lost.
    if (choice_.index != 0) return;
    chunk.text += choice_.content;
    chunk.reasoning += choice_.reasoning;
    chunk.refusal += choice_.refusal;
    if (!choice_.finish_reason.empty()) chunk.finish_reason = choice_.finish_reason;
  });
}

void OpenAiDecoder::read_choice(JsonReader& reader, std::string_view message_key, ParsedChunk& chunk) {
  each_member(reader, [&](std::string_view key) {
    if (key == message_key) return read_message(reader);
    if (key == "finish_reason") return read_text(reader, choice_.finish_reason);
    if (key == "index") return read_real(reader, choice_.index);
    if (key == "error") return note_presence(reader, chunk.error);
    if (key == "usage") return read_usage(reader, chunk.usage, chunk.cost);
    reader.skip();
  });
}

void OpenAiDecoder::read_message(JsonReader& reader) {
  each_member(reader, [&](std::string_view part) {
    if (part == "content") return read_content(reader, choice_.content);
    if (part == "refusal") return read_text(reader, choice_.refusal);
    // Some servers send the same reasoning under both names.
    const bool thought = part == "reasoning_content" || part == "reasoning";
    thought&& choice_.reasoning.empty() ? read_text(reader, choice_.reasoning) : reader.skip();
  });
}

std::string OpenAiProtocol::path(const core::ChatRequest&) const { return "/chat/completions"; }

std::string OpenAiProtocol::body(const core::ChatRequest& request) const {
  std::string messages;
  for (const auto& message : request.messages) {
    messages += messages.empty() ? "[{" : ",{";
    JsonFields(messages).text("role", role_name(message.role, "assistant")).text("content", message.content);
    messages += '}';
  }
  const bool reasoning = options_.knows_reasoning_models && is_reasoning_model(request.model);
  std::string body = "{";
  JsonFields fields(body);
  fields.text("model", request.model).raw("messages", messages.empty() ? "[]" : messages.append("]"));
  if (request.parameters.temperature && !reasoning) fields.real("temperature", *request.parameters.temperature);
  if (request.parameters.max_tokens)
    fields.number(reasoning ? "max_completion_tokens" : "max_tokens", *request.parameters.max_tokens);
  fields.flag("stream", true);
  if (options_.requests_usage) fields.raw("stream_options", R"({"include_usage":true})");
  return body.append("}");
}

std::vector<std::string_view> OpenAiProtocol::headers() const {
  if (options_.header.empty()) return {};
  return {options_.header};
}

std::unique_ptr<ResponseDecoder> OpenAiProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<OpenAiDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
