#include "server/provider/protocol/openai.h"

#include "common/json/json_writer.h"
#include "server/provider/protocol/answer/content_parts.h"
#include "server/provider/protocol/attachment_parts.h"
#include "server/provider/protocol/json/json_fields.h"
#include "server/provider/protocol/message_layout.h"
#include "server/provider/protocol/request_parameters.h"
#include "server/provider/protocol/sources.h"

namespace plenum::protocol {

using core::ParameterForm;

namespace {

// Perplexity and xAI list them beside the choices, OpenAI and OpenRouter in the message. The numbers in Perplexity's
// text count `citations`; `search_results` has the same order, and titles.
bool lists_sources(std::string_view key) {
  return key == "citations" || key == "search_results" || key == "annotations";
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
      if (reader.kind() == JsonReader::Kind::object) {  // Perplexity: {"input_tokens_cost":…,"total_cost":…}
        each_member(reader,
                    [&](std::string_view part) { part == "total_cost" ? read_real(reader, usd) : reader.skip(); });
      } else {
        read_real(reader, usd);
      }
      if (usd >= 0) cost = Cost{usd, CostOrigin::reported};
      return;
    }
    reader.skip();
  });
  merge_cumulative(known, usage);
}

void write_openai_part(std::string& out, const core::Attachment& attachment) {
  const std::string url = "data:" + attachment.media_type + ";base64," + attachment.data;
  std::string inner = "{";
  const bool is_image = attachment.kind == AttachmentKind::image;
  JsonFields inner_fields(inner);
  if (is_image) inner_fields.text("url", url);
  if (!is_image) inner_fields.text("filename", attachment.name).text("file_data", url);
  out += '{';
  JsonFields(out).text("type", is_image ? "image_url" : "file").raw(is_image ? "image_url" : "file", inner.append("}"));
  out += "},";
}

}  // namespace

OpenAiDecoder::OpenAiDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, DoneMark::completes) {}

bool OpenAiDecoder::Message::has_content() const {
  return tool_call || !(content.empty() && reasoning.empty() && details.empty() && thoughts.empty() && refusal.empty());
}

void OpenAiDecoder::Message::clear() {
  for (auto* text : {&content, &reasoning, &details, &thoughts, &refusal}) text->clear();
  sources.clear();
  tool_call = present = false;
}

void OpenAiDecoder::Choice::clear() {
  delta.clear();
  message.clear();
  finish_reason.clear();
  index = 0;
}

bool OpenAiDecoder::read(std::string_view json, BodyKind kind, ParsedChunk& chunk) {
  JsonReader reader(json);
  std::string_view key;
  for (reader.enter_object(); reader.next_member(key);) read_member(reader, key, kind, chunk);
  return reader.finished();
}

void OpenAiDecoder::read_member(JsonReader& reader, std::string_view key, BodyKind kind, ParsedChunk& chunk) {
  if (key == "choices") return read_choices(reader, kind, chunk);
  if (key == "usage") return read_usage(reader, chunk.usage, chunk.cost);
  if (key == "error") return chunk.note_error(reader);
  if (lists_sources(key)) return read_sources(reader, chunk.sources);
  if (key == "model") return note(reader, generation_.model);
  if (key == "id") return note(reader, generation_.id);
  if (key == "provider") return note(reader, generation_.provider);  // OpenRouter
  if (key == "x_groq") {
    return each_member(reader, [&](std::string_view part) {
      if (part == "usage") return read_usage(reader, chunk.usage, chunk.cost);
      part == "error" ? chunk.note_error(reader) : reader.skip();
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
void OpenAiDecoder::read_choices(JsonReader& reader, BodyKind kind, ParsedChunk& chunk) {
  each_element(reader, [&] {
    choice_.clear();
    read_choice(reader, chunk);
    // One answer was requested; other indices are ignored. Some servers put several parts of one answer into a chunk,
    // with or without an index: none of them may be lost.
    if (choice_.index != 0) return;
    // Perplexity sends the text so far as `message` beside each `delta`; servers that do not stream send only that.
    any_delta_ |= choice_.delta.has_content();
    append(any_delta_ ? choice_.delta : choice_.message, chunk);
    chunk.complete |= kind == BodyKind::whole && choice_.message.present;
    if (!choice_.finish_reason.empty()) chunk.finish_reason = choice_.finish_reason;
  });
}

void OpenAiDecoder::append(const Message& message, ParsedChunk& chunk) {
  any_reasoning_ |= !message.reasoning.empty();
  chunk.text += message.content;
  chunk.reasoning += any_reasoning_ ? message.reasoning : message.details.empty() ? message.thoughts : message.details;
  if (any_reasoning_ && message.reasoning.empty()) chunk.reasoning += message.thoughts;
  chunk.refusal += message.refusal;
  chunk.tool_call |= message.tool_call;
  merge_sources(chunk.sources, message.sources, answer_sources_max);
}

void OpenAiDecoder::read_choice(JsonReader& reader, ParsedChunk& chunk) {
  each_member(reader, [&](std::string_view key) {
    if (key == "delta") return read_message(reader, choice_.delta);
    if (key == "message") return read_message(reader, choice_.message);
    if (key == "finish_reason") return read_text(reader, choice_.finish_reason);
    if (key == "index") return read_real(reader, choice_.index);
    if (key == "error") return chunk.note_error(reader);
    if (key == "usage") return read_usage(reader, chunk.usage, chunk.cost);
    reader.skip();
  });
}

void OpenAiDecoder::read_message(JsonReader& reader, Message& message) {
  message.present |= reader.kind() == JsonReader::Kind::object;
  each_member(reader, [&](std::string_view part) {
    if (part == "content" && reader.kind() == JsonReader::Kind::array) {
      return read_parts(reader, message.content, message.thoughts);
    }
    if (part == "content") return read_nested_text(reader, message.content);
    if (part == "refusal") return read_text(reader, message.refusal);
    if (part == "reasoning_details") return read_nested_text(reader, message.details);
    if (part == "tool_calls" || part == "function_call") return void(message.tool_call |= skip_statement(reader));
    if (lists_sources(part)) return read_sources(reader, message.sources);
    // Some servers send the same reasoning under several names.
    const bool thought = part == "reasoning_content" || part == "reasoning" || part == "thinking";
    thought&& message.reasoning.empty() ? read_nested_text(reader, message.reasoning) : reader.skip();
  });
}

std::string OpenAiProtocol::path(const core::ChatRequest&) const { return "/chat/completions"; }

RequestBody OpenAiProtocol::body(const core::ChatRequest& request) const {
  std::string messages;
  FormSelector forms(request);
  std::vector<std::string> omitted;
  for (const auto& message : request.messages) {
    messages += messages.empty() ? "[{" : ",{";
    JsonFields fields(messages);
    fields.text("role", role_name(message.role, "assistant"));
    write_content(fields, message, select_attachments(message, forms, omitted), write_openai_part);
    messages += '}';
  }
  std::string body = "{";
  JsonFields fields(body);
  fields.text("model", request.model).raw("messages", messages.empty() ? "[]" : messages.append("]"));
  write_parameters(request, forms, fields);
  fields.flag("stream", true);
  if (options_.requests_usage) fields.raw("stream_options", R"({"include_usage":true})");
  return {body.append("}"), forms.sent(), std::move(omitted)};
}

void OpenAiProtocol::write_parameters(const core::ChatRequest& request, FormSelector& forms, JsonFields& fields) const {
  const auto& set = request.parameters;
  if (set.temperature && forms.take(ParameterForm::temperature)) fields.real("temperature", *set.temperature);
  if (set.top_p && forms.take(ParameterForm::top_p)) fields.real("top_p", *set.top_p);
  if (set.max_tokens) {
    const auto form = forms.take_token_limit({ParameterForm::max_tokens, ParameterForm::max_completion_tokens},
                                             request.max_tokens_required);
    if (form) {
      fields.number(form == ParameterForm::max_tokens ? "max_tokens" : "max_completion_tokens", forms.token_limit());
    }
  }
  if (set.seed && forms.take(ParameterForm::seed)) fields.number("seed", *set.seed);
  if (set.stop && forms.take(ParameterForm::stop)) fields.texts("stop", *set.stop);
  if (set.reasoning_effort && forms.take(ParameterForm::reasoning_effort)) {
    if (options_.nested_effort) {
      fields.raw("reasoning", R"({"effort":")" + *set.reasoning_effort + "\"}");
    } else {
      fields.text("reasoning_effort", *set.reasoning_effort);
    }
  }
  const auto* format = response_format(request);
  if (format != nullptr && forms.take(ParameterForm::response_format)) {
    fields.raw("response_format", openai_response_format(*format));
  }
}

std::vector<std::string_view> OpenAiProtocol::headers() const {
  if (options_.header.empty()) return {};
  return {options_.header};
}

std::unique_ptr<ResponseDecoder> OpenAiProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<OpenAiDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
