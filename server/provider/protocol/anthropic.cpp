#include "server/provider/protocol/anthropic.h"

#include <algorithm>
#include <iterator>

#include "common/json/json_writer.h"
#include "server/provider/protocol/json_fields.h"
#include "server/provider/protocol/message_layout.h"

namespace plenum::protocol {

namespace {

constexpr FinishRow finishes[] = {
    {"max_tokens", true},
    {"model_context_window_exceeded", true},
    {"refusal", false, ErrorCode::content_filter},
};

// Events that mean something; whatever else comes, `ping` among it, is passed over.
constexpr std::string_view known_events[] = {"content_block_delta", "content_block_start", "message_start",
                                             "message_delta",       "message_stop",        "message"};

constexpr int max_tokens_default = 8192;  // the field is required; every current model can do as much
constexpr double temperature_max = 1;     // others allow 2

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

bool AnthropicDecoder::read(std::string_view json, BodyKind form, ParsedChunk& said) {
  type_.clear();
  Counts counts;
  JsonReader walk(json);
  std::string_view key;
  for (walk.enter_object(); walk.next_member(key);) {
    if (key == "type") {
      read_text(walk, type_);
    } else if (key == "delta" || key == "content_block") {
      read_block(walk, said);
    } else if (key == "message") {
      read_message(walk, said, counts);
    } else if (key == "usage") {
      read_counts(walk, counts);
    } else if (key == "error") {
      note_presence(walk, said.error);
    } else if (form == BodyKind::whole && key == "content") {
      each_element(walk, [&] { read_block(walk, said); });
    } else if (form == BodyKind::whole && key == "stop_reason") {
      read_text(walk, said.finish_reason);
    } else {
      walk.skip();
    }
  }
  if (!walk.finished()) return false;
  if (type_ == "error" || said.error) {
    said.clear();
    said.error = true;
  } else if (std::find(std::begin(known_events), std::end(known_events), type_) == std::end(known_events)) {
    said.clear();
  } else {
    counts_.overwrite(counts);
    said.usage = counts_.usage();
    said.complete = type_ == "message_stop" || (type_ == "message" && !said.finish_reason.empty());
    said.ended = type_ == "message_stop";
  }
  return true;
}

void AnthropicDecoder::read_message(JsonReader& walk, ParsedChunk& said, Counts& counts) {
  each_member(walk, [&](std::string_view key) {
    if (key == "usage") return read_counts(walk, counts);
    if (key == "content") return each_element(walk, [&] { read_block(walk, said); });
    walk.skip();
  });
}

// A content block, a piece of one, or the `delta` of message_delta, which has no type.
void AnthropicDecoder::read_block(JsonReader& walk, ParsedChunk& said) {
  for (auto* text : {&block_type_, &block_text_, &block_thought_}) text->clear();
  each_member(walk, [&](std::string_view key) {
    if (key == "type") return read_text(walk, block_type_);
    if (key == "text") return read_text(walk, block_text_);
    if (key == "thinking") return read_text(walk, block_thought_);
    if (key == "stop_reason") return read_text(walk, said.finish_reason);
    walk.skip();
  });
  if (block_type_ == "text_delta" || block_type_ == "text") said.text += block_text_;
  if (block_type_ == "thinking_delta" || block_type_ == "thinking") said.reasoning += block_thought_;
}

void AnthropicDecoder::read_counts(JsonReader& walk, Counts& counts) {
  each_member(walk, [&](std::string_view key) {
    if (key == "input_tokens") return read_count(walk, counts.input);
    if (key == "cache_creation_input_tokens") return read_count(walk, counts.cache_creation);
    if (key == "cache_read_input_tokens") return read_count(walk, counts.cache_read);
    if (key == "output_tokens") return read_count(walk, counts.output);
    walk.skip();
  });
}

std::string AnthropicProtocol::path(const core::ChatRequest&) const { return "/messages"; }

std::string AnthropicProtocol::body(const core::ChatRequest& request) const {
  const auto conversation = conversation_of(request);
  std::string messages;
  for (const auto& turn : conversation.turns) {
    messages += messages.empty() ? "[{" : ",{";
    JsonFields(messages).text("role", role_name(turn.role, "assistant")).text("content", turn.content);
    messages += '}';
  }
  std::string body = "{";
  JsonFields fields(body);
  fields.text("model", request.model)
      .number("max_tokens", request.max_tokens.value_or(max_tokens_default))
      .text_if("system", conversation.system)
      .raw("messages", messages.empty() ? "[]" : messages.append("]"));
  if (request.temperature) fields.real("temperature", std::min(*request.temperature, temperature_max));
  fields.flag("stream", true);
  return body.append("}");
}

std::unique_ptr<ResponseDecoder> AnthropicProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<AnthropicDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
