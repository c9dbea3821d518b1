#include "server/provider/protocol/anthropic.h"

#include <algorithm>
#include <iterator>

#include "common/json/json_writer.h"
#include "server/provider/protocol/json_fields.h"
#include "server/provider/protocol/message_layout.h"

namespace plenum::protocol {

namespace {

constexpr FinishRule finishes[] = {
    {"max_tokens", true},
    {"model_context_window_exceeded", true},
    {"refusal", false, ErrorCode::content_filter},
};

// The relevant events; all others, such as `ping`, are ignored.
constexpr std::string_view known_events[] = {"content_block_delta", "content_block_start", "message_start",
                                             "message_delta",       "message_stop",        "message"};

constexpr int max_tokens_default = 8192;  // the field is required; every current model supports this value
constexpr double temperature_max = 1;     // other vendors allow 2

}  // namespace

void AnthropicDecoder::Counts::overwrite(const Counts& newer) {
  for (auto count : {&Counts::input, &Counts::cache_creation, &Counts::cache_read, &Counts::output}) {
    if (newer.*count) this->*count = newer.*count;
  }
}

Usage AnthropicDecoder::Counts::usage() const {
  Usage usage;
  if (input) usage.prompt_tokens = *input + cache_creation.value_or(0) + cache_read.value_or(0);
  usage.completion_tokens = output;
  usage.cached_input_tokens = cache_read;
  usage.cache_write_tokens = cache_creation;
  return usage;
}

AnthropicDecoder::AnthropicDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, {finishes}) {}

bool AnthropicDecoder::read(std::string_view json, BodyKind kind, ParsedChunk& chunk) {
  type_.clear();
  Counts counts;
  JsonReader reader(json);
  std::string_view key;
  for (reader.enter_object(); reader.next_member(key);) {
    if (key == "type") {
      read_text(reader, type_);
    } else if (key == "delta" || key == "content_block") {
      read_block(reader, chunk);
    } else if (key == "message") {
      read_message(reader, chunk, counts);
    } else if (key == "usage") {
      read_counts(reader, counts);
    } else if (key == "error") {
      note_presence(reader, chunk.error);
    } else if (kind == BodyKind::whole && key == "content") {
      each_element(reader, [&] { read_block(reader, chunk); });
    } else if (kind == BodyKind::whole && key == "stop_reason") {
      read_text(reader, chunk.finish_reason);
    } else {
      reader.skip();
    }
  }
  if (!reader.finished()) return false;
  if (type_ == "error" || chunk.error) {
    chunk.clear();
    chunk.error = true;
  } else if (std::find(std::begin(known_events), std::end(known_events), type_) == std::end(known_events)) {
    chunk.clear();
  } else {
    counts_.overwrite(counts);
    chunk.usage = counts_.usage();
    chunk.complete = type_ == "message_stop" || (type_ == "message" && !chunk.finish_reason.empty());
    chunk.ended = type_ == "message_stop";
  }
  return true;
}

void AnthropicDecoder::read_message(JsonReader& reader, ParsedChunk& chunk, Counts& counts) {
  each_member(reader, [&](std::string_view key) {
    if (key == "usage") return read_counts(reader, counts);
    if (key == "content") return each_element(reader, [&] { read_block(reader, chunk); });
    reader.skip();
  });
}

// A content block, a part of one, or the `delta` of message_delta, which has no type.
void AnthropicDecoder::read_block(JsonReader& reader, ParsedChunk& chunk) {
  for (auto* text : {&block_type_, &block_text_, &block_thought_}) text->clear();
  each_member(reader, [&](std::string_view key) {
    if (key == "type") return read_text(reader, block_type_);
    if (key == "text") return read_text(reader, block_text_);
    if (key == "thinking") return read_text(reader, block_thought_);
    if (key == "stop_reason") return read_text(reader, chunk.finish_reason);
    reader.skip();
  });
  if (block_type_ == "text_delta" || block_type_ == "text") chunk.text += block_text_;
  if (block_type_ == "thinking_delta" || block_type_ == "thinking") chunk.reasoning += block_thought_;
}

void AnthropicDecoder::read_counts(JsonReader& reader, Counts& counts) {
  each_member(reader, [&](std::string_view key) {
    if (key == "input_tokens") return read_count(reader, counts.input);
    if (key == "cache_creation_input_tokens") return read_count(reader, counts.cache_creation);
    if (key == "cache_read_input_tokens") return read_count(reader, counts.cache_read);
    if (key == "output_tokens") return read_count(reader, counts.output);
    reader.skip();
  });
}

std::string AnthropicProtocol::path(const core::ChatRequest&) const { return "/messages"; }

std::string AnthropicProtocol::body(const core::ChatRequest& request) const {
  const auto layout = layout_of(request);
  std::string messages;
  for (const auto& turn : layout.turns) {
    messages += messages.empty() ? "[{" : ",{";
    JsonFields(messages).text("role", role_name(turn.role, "assistant")).text("content", turn.content);
    messages += '}';
  }
  std::string body = "{";
  JsonFields fields(body);
  fields.text("model", request.model)
      .number("max_tokens", request.parameters.max_tokens.value_or(max_tokens_default))
      .text_if("system", layout.system)
      .raw("messages", messages.empty() ? "[]" : messages.append("]"));
  if (request.parameters.temperature)
    fields.real("temperature", std::min(*request.parameters.temperature, temperature_max));
  fields.flag("stream", true);
  return body.append("}");
}

std::unique_ptr<ResponseDecoder> AnthropicProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<AnthropicDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
