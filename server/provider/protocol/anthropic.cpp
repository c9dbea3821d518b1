#include "server/provider/protocol/anthropic.h"

#include <algorithm>
#include <iterator>
#include <utility>

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

// The relevant events; all others, such as `ping`, are ignored. Some gateways omit the type of a complete message.
constexpr std::string_view known_events[] = {
    "content_block_delta", "content_block_start", "message_start", "message_delta", "message_stop", "message", ""};

// The field is required. Models since Claude 4 accept this value; others name their maximum when they reject it.
constexpr int max_tokens_default = 64'000;
// Thinking counts against the token limit: below this, it may leave no tokens for the answer.
constexpr int max_tokens_to_think = 16'000;
constexpr double temperature_max = 1;  // other vendors allow 2

// budget_tokens, for models without adaptive thinking: at least 1024, and less than max_tokens.
constexpr int budget_min = 1024;
int thinking_budget(std::string_view effort, int max_tokens) {
  const int wanted = effort == "minimal"  ? budget_min
                     : effort == "low"    ? 4096
                     : effort == "medium" ? 10'240
                     : effort == "high"   ? 24'576
                                          : 32'768;
  return std::min(wanted, max_tokens - budget_min);
}

// The `thinking` object and whether the model will think; sampling parameters are rejected then.
struct Thinking {
  std::string json;  // empty: not sent
  bool enabled = false;
};

Thinking thinking_of(const core::ChatRequest& request, FormSelector& forms, int max_tokens) {
  const auto& set = request.parameters;
  if (set.reasoning_effort == "none") {
    if (forms.take(ParameterForm::thinking_disabled)) return {R"({"type":"disabled"})"};
    return {};
  }
  const bool sampled = (set.temperature && forms.allows(ParameterForm::temperature)) ||
                       (set.top_p && forms.allows(ParameterForm::top_p));
  const bool by_default = !sampled && (!set.max_tokens || max_tokens >= max_tokens_to_think);
  if (!set.reasoning_effort && !by_default) return {};
  if (forms.take(ParameterForm::thinking)) return {R"({"type":"adaptive","display":"summarized"})", true};
  if (!set.reasoning_effort) return {};
  const int budget = thinking_budget(*set.reasoning_effort, max_tokens);
  if (budget < budget_min || !forms.take(ParameterForm::thinking_budget)) return {};
  return {R"({"type":"enabled","budget_tokens":)" + std::to_string(budget) + "}", true};
}

// effort and format are members of one object.
std::string output_config(const core::ChatRequest& request, const ResponseFormat* schema, FormSelector& forms,
                          bool budgeted) {
  std::string members;
  JsonFields fields(members);
  const auto& effort = request.parameters.reasoning_effort;
  if (effort && effort != "none" && !budgeted && forms.take(ParameterForm::reasoning_effort)) {
    fields.text("effort", effort == "minimal" ? "low" : *effort);
  }
  if (schema != nullptr && forms.take(ParameterForm::response_format)) {
    fields.raw("format", R"({"type":"json_schema","schema":)" + schema->schema_json + "}");
  }
  return members.empty() ? members : "{" + members + "}";
}

void write_tool(JsonFields& fields, const ResponseFormat& format) {
  std::string tool = "[{", choice = R"({"type":"tool",)";
  JsonFields(tool)
      .text("name", format.name)
      .text("description", "Returns the answer to the user.")
      .raw("input_schema", format.schema_json);
  JsonFields(choice).text("name", format.name).flag("disable_parallel_tool_use", true);
  fields.raw("tools", tool.append("}]")).raw("tool_choice", choice.append("}"));
}

void write_parameters(const core::ChatRequest& request, FormSelector& forms, JsonFields& fields) {
  const auto& set = request.parameters;
  forms.take_token_limit({ParameterForm::max_tokens}, true);
  const int max_tokens = forms.token_limit(max_tokens_default);
  fields.number("max_tokens", max_tokens);
  const auto* format = response_format(request);
  const auto* schema = format != nullptr && format->kind == ResponseFormat::Kind::json_schema ? format : nullptr;
  // Thinking is rejected together with a forced tool.
  const bool tool = schema != nullptr && forms.take(ParameterForm::forced_tool);
  const auto thinking = tool ? Thinking{} : thinking_of(request, forms, max_tokens);
  if (tool) write_tool(fields, *schema);
  if (!thinking.json.empty()) fields.raw("thinking", thinking.json);
  const bool budgeted = forms.sent().forms.contains(ParameterForm::thinking_budget);
  const auto config = output_config(request, tool ? nullptr : schema, forms, budgeted);
  if (!config.empty()) fields.raw("output_config", config);
  if (set.temperature && !thinking.enabled && forms.take(ParameterForm::temperature)) {
    fields.real("temperature", std::min(*set.temperature, temperature_max));
  }
  if (set.top_p && !thinking.enabled && forms.take(ParameterForm::top_p)) fields.real("top_p", *set.top_p);
  if (set.stop && forms.take(ParameterForm::stop)) fields.texts("stop_sequences", *set.stop);
}

void write_anthropic_block(std::string& out, const core::Attachment& attachment) {
  const bool is_image = attachment.kind == AttachmentKind::image;
  std::string source = "{";
  JsonFields(source).text("type", "base64").text("media_type", attachment.media_type).text("data", attachment.data);
  out += '{';
  JsonFields fields(out);
  fields.text("type", is_image ? "image" : "document").raw("source", source.append("}"));
  if (!is_image) fields.text("title", attachment.name);
  out += "},";
}

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

AnthropicDecoder::AnthropicDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, DoneMark::ends) {}

bool AnthropicDecoder::read(std::string_view json, BodyKind, ParsedChunk& chunk) {
  type_.clear();
  Counts counts;
  JsonReader reader(json);
  std::string_view key;
  for (reader.enter_object(); reader.next_member(key);) {
    if (key == "type") {
      read_text(reader, type_);
    } else if (key == "delta" || key == "content_block") {
      read_block(reader, chunk, Block::partial);
      if (key == "content_block") in_server_tool_ = block_type_ == "server_tool_use";
    } else if (key == "message") {
      read_message(reader, chunk, counts);
    } else if (key == "usage") {
      read_counts(reader, counts);
    } else if (key == "error") {
      chunk.note_error(reader);
    } else if (!read_message_member(reader, key, chunk)) {
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
    if (counts.known()) chunk.usage = counts_.usage();
    chunk.ended = type_ == "message_stop";
  }
  return true;
}

// The members that a complete message has, also at the start of a stream; false: another one.
bool AnthropicDecoder::read_message_member(JsonReader& reader, std::string_view key, ParsedChunk& chunk) {
  if (key == "id") {
    note(reader, generation_.id);
  } else if (key == "model") {
    note(reader, generation_.model);
  } else if (key == "content") {
    each_element(reader, [&] { read_block(reader, chunk, Block::complete); });
  } else if (key == "stop_reason") {
    read_text(reader, chunk.finish_reason);
  } else {
    return false;
  }
  return true;
}

void AnthropicDecoder::read_message(JsonReader& reader, ParsedChunk& chunk, Counts& counts) {
  each_member(reader, [&](std::string_view key) {
    if (key == "usage") return read_counts(reader, counts);
    if (!read_message_member(reader, key, chunk)) reader.skip();
  });
  // At the start of a stream the output is counted as one token or so; the figure follows in message_delta.
  if (chunk.finish_reason.empty()) counts.output.reset();
}

// A content block, a part of one, or the `delta` of message_delta, which has no type. The input of the tool that was
// forced is the text of the answer: a stream contains it as partial_json, after an empty `input`.
void AnthropicDecoder::read_block(JsonReader& reader, ParsedChunk& chunk, Block block) {
  for (auto* text : {&block_type_, &block_text_, &block_thought_, &block_input_}) text->clear();
  each_member(reader, [&](std::string_view key) {
    if (key == "type") return read_text(reader, block_type_);
    if (key == "text") return read_nested_text(reader, block_text_);
    if (key == "thinking") return read_nested_text(reader, block_thought_);
    if (key == "partial_json") return read_text(reader, block_input_);
    if (key == "citations" || key == "citation") return read_sources(reader, chunk.sources);
    if (key == "input" && block == Block::complete) return read_raw(reader, block_input_);
    if (key == "stop_reason") return read_text(reader, chunk.finish_reason);
    reader.skip();
  });
  if (block_type_ == "text_delta" || block_type_ == "text") chunk.text += block_text_;
  // The input of a web search is a query, and not the answer.
  const bool is_answer = block_type_ == "input_json_delta" ? !in_server_tool_ : block_type_ == "tool_use";
  if (is_answer) chunk.text += block_input_;
  chunk.tool_call |= block_type_ == "tool_use";
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

RequestBody AnthropicProtocol::body(const core::ChatRequest& request) const {
  const auto layout = layout_of(request);
  std::string messages;
  FormSelector forms(request);
  std::vector<std::string> omitted;
  for (const auto& turn : layout.turns) {
    messages += messages.empty() ? "[{" : ",{";
    JsonFields fields(messages);
    fields.text("role", role_name(turn.role, "assistant"));
    write_content(fields, turn, select_attachments(turn, forms, omitted), write_anthropic_block);
    messages += '}';
  }
  std::string body = "{";
  JsonFields fields(body);
  fields.text("model", request.model);
  write_parameters(request, forms, fields);
  fields.text_if("system", layout.system)
      .raw("messages", messages.empty() ? "[]" : messages.append("]"))
      .flag("stream", true);
  return {body.append("}"), forms.sent(), std::move(omitted)};
}

std::unique_ptr<ResponseDecoder> AnthropicProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<AnthropicDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
