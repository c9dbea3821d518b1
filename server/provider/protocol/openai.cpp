#include "server/provider/protocol/openai.h"

#include <algorithm>
#include <iterator>

#include "common/json/json_writer.h"
#include "server/provider/protocol/json_fields.h"
#include "server/provider/protocol/message_layout.h"

namespace plenum::protocol {

namespace {

constexpr FinishRow finishes[] = {
    {"length", true},
    {"model_length", true},  // Mistral: the model's window is full
    {"content_filter", false, ErrorCode::content_filter},
    {"insufficient_system_resource", false, ErrorCode::overloaded},  // DeepSeek
    {"error", false, ErrorCode::server},                             // OpenRouter
};

// OpenAI's models that reason refuse `temperature` and `max_tokens`.
bool is_reasoning_model(std::string_view model) {
  const auto name = model.substr(model.rfind('/') + 1);  // npos + 1 is 0
  constexpr std::string_view families[] = {"o1", "o3", "o4", "gpt-5"};
  return std::any_of(std::begin(families), std::end(families), [name](std::string_view family) {
    if (!name.starts_with(family)) return false;
    const auto rest = name.substr(family.size());
    return rest.empty() || rest.front() == '-' || rest.front() == '.';
  });
}

// Text is a string, or a list of parts of which those with a `text` count.
void read_content(JsonReader& walk, std::string& out) {
  if (walk.kind() != JsonReader::Kind::array) return read_text(walk, out);
  each_element(walk, [&] {
    each_member(walk, [&](std::string_view key) { key == "text" ? read_text(walk, out) : walk.skip(); });
  });
}

void read_usage(JsonReader& walk, Usage& known, Cost& cost) {
  Usage usage;
  each_member(walk, [&](std::string_view key) {
    if (key == "prompt_tokens") return read_count(walk, usage.prompt_tokens);
    if (key == "completion_tokens") return read_count(walk, usage.completion_tokens);
    if (key == "total_tokens") return read_count(walk, usage.total_tokens);
    if (key == "prompt_cache_hit_tokens") return read_count(walk, usage.cached_input_tokens);
    if (key == "prompt_tokens_details" || key == "completion_tokens_details") {
      return each_member(walk, [&](std::string_view detail) {
        if (detail == "cached_tokens") return read_count(walk, usage.cached_input_tokens);
        if (detail == "cache_write_tokens") return read_count(walk, usage.cache_write_tokens);
        if (detail == "reasoning_tokens") return read_count(walk, usage.reasoning_tokens);
        walk.skip();
      });
    }
    if (key == "cost") {
      double usd = -1;
      read_real(walk, usd);
      if (usd >= 0) cost = Cost{usd, CostOrigin::reported};
      return;
    }
    walk.skip();
  });
  merge_cumulative(known, usage);
}

}  // namespace

OpenAiDecoder::OpenAiDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, {finishes, true}) {}

void OpenAiDecoder::Choice::clear() {
  for (auto* text : {&content, &reasoning, &refusal, &finish_reason}) text->clear();
  index = 0;
}

bool OpenAiDecoder::read(std::string_view json, BodyKind form, ParsedChunk& said) {
  const auto message_key = form == BodyKind::whole ? "message" : "delta";
  JsonReader walk(json);
  std::string_view key;
  for (walk.enter_object(); walk.next_member(key);) read_member(walk, key, message_key, said);
  said.complete = form == BodyKind::whole || !said.finish_reason.empty();
  return walk.finished();
}

void OpenAiDecoder::read_member(JsonReader& walk, std::string_view key, std::string_view message_key,
                                ParsedChunk& said) {
  if (key == "choices") return read_choices(walk, message_key, said);
  if (key == "usage") return read_usage(walk, said.usage, said.cost);
  if (key == "error") return note_presence(walk, said.error);
  if (key == "x_groq") {
    return each_member(walk, [&](std::string_view part) {
      if (part == "usage") return read_usage(walk, said.usage, said.cost);
      part == "error" ? note_presence(walk, said.error) : walk.skip();
    });
  }
  if (key == "object") {  // vLLM: {"object":"error","message":…}
    scratch_.clear();
    read_text(walk, scratch_);
    said.error |= scratch_ == "error";
    return;
  }
  walk.skip();
}

// vLLM sends null beside usage.
void OpenAiDecoder::read_choices(JsonReader& walk, std::string_view message_key, ParsedChunk& said) {
  each_element(walk, [&] {
    choice_.clear();
    read_choice(walk, message_key, said);
    // One answer was asked for; whatever else comes is not part of it. Some servers put several pieces of
    // the one into a chunk, with or without its index: none of them may be lost.
    if (choice_.index != 0) return;
    said.text += choice_.content;
    said.reasoning += choice_.reasoning;
    said.refusal += choice_.refusal;
    if (!choice_.finish_reason.empty()) said.finish_reason = choice_.finish_reason;
  });
}

void OpenAiDecoder::read_choice(JsonReader& walk, std::string_view message_key, ParsedChunk& said) {
  each_member(walk, [&](std::string_view key) {
    if (key == message_key) return read_message(walk);
    if (key == "finish_reason") return read_text(walk, choice_.finish_reason);
    if (key == "index") return read_real(walk, choice_.index);
    if (key == "error") return note_presence(walk, said.error);
    if (key == "usage") return read_usage(walk, said.usage, said.cost);
    walk.skip();
  });
}

void OpenAiDecoder::read_message(JsonReader& walk) {
  each_member(walk, [&](std::string_view part) {
    if (part == "content") return read_content(walk, choice_.content);
    if (part == "refusal") return read_text(walk, choice_.refusal);
    // Some servers send the same thought under both names.
    const bool thought = part == "reasoning_content" || part == "reasoning";
    thought&& choice_.reasoning.empty() ? read_text(walk, choice_.reasoning) : walk.skip();
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
  if (request.temperature && !reasoning) fields.real("temperature", *request.temperature);
  if (request.max_tokens) fields.number(reasoning ? "max_completion_tokens" : "max_tokens", *request.max_tokens);
  fields.flag("stream", true);
  if (options_.asks_for_usage) fields.raw("stream_options", R"({"include_usage":true})");
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
