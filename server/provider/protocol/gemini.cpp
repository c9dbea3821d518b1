#include "server/provider/protocol/gemini.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "common/base/percent.h"
#include "common/json/json_writer.h"
#include "server/provider/protocol/answer/content_parts.h"
#include "server/provider/protocol/answer/finish_reasons.h"
#include "server/provider/protocol/attachment_parts.h"
#include "server/provider/protocol/json/json_fields.h"
#include "server/provider/protocol/message_layout.h"
#include "server/provider/protocol/request_parameters.h"
#include "server/provider/protocol/sources.h"

namespace plenum::protocol {

using core::ParameterForm;

namespace {

constexpr std::string_view unsupported_type = "image/gif";

void append_parts(std::string& out, std::string_view text, const AttachmentParts& parts = {}) {
  out += R"("parts":[)";
  for (const auto* attachment : parts.sent) {
    out += R"({"inlineData":{)";
    JsonFields(out).text("mimeType", attachment->media_type).text("data", attachment->data);
    out += "}},";
  }
  out += '{';
  JsonFields(out).text("text", std::string(text) + parts.note);
  out += "}]";
}

// Gemini 3 takes a level, Gemini 2.5 a budget within the range of all of its models.
std::string_view thinking_level(std::string_view effort) {
  return effort == "xhigh" || effort == "max" ? "high" : effort;
}
int thinking_budget(std::string_view effort) {
  return effort == "minimal" ? 512 : effort == "low" ? 2048 : effort == "medium" ? 8192 : 24'576;
}

std::string thinking_config(const core::ChatRequest& request, FormSelector& forms) {
  std::string members;
  JsonFields fields(members);
  const auto& effort = request.parameters.reasoning_effort;
  if (effort == "none") {
    if (forms.take(ParameterForm::thinking_disabled)) fields.number("thinkingBudget", 0);
    return members;
  }
  if (effort && forms.take(ParameterForm::reasoning_effort)) {
    fields.text("thinkingLevel", thinking_level(*effort));
  } else if (effort && forms.take(ParameterForm::thinking_budget)) {
    fields.number("thinkingBudget", thinking_budget(*effort));
  }
  if (forms.take(ParameterForm::thinking)) fields.flag("includeThoughts", true);
  return members;
}

// The members of generationConfig.
std::string generation_config(const core::ChatRequest& request, FormSelector& forms) {
  const auto& set = request.parameters;
  std::string members;
  JsonFields fields(members);
  if (set.temperature && forms.take(ParameterForm::temperature)) fields.real("temperature", *set.temperature);
  if (set.top_p && forms.take(ParameterForm::top_p)) fields.real("topP", *set.top_p);
  if (set.max_tokens && forms.take_token_limit({ParameterForm::max_tokens}, request.max_tokens_required)) {
    fields.number("maxOutputTokens", forms.token_limit());
  }
  const bool has_seed = set.seed && *set.seed <= std::numeric_limits<std::int32_t>::max();
  if (has_seed && forms.take(ParameterForm::seed)) fields.number("seed", *set.seed);
  if (set.stop && forms.take(ParameterForm::stop)) fields.texts("stopSequences", *set.stop);
  const auto* format = response_format(request);
  if (format != nullptr && forms.take(ParameterForm::response_format)) {
    fields.text("responseMimeType", "application/json");
    if (format->kind == ResponseFormat::Kind::json_schema) fields.raw("responseJsonSchema", format->schema_json);
  }
  const auto thinking = thinking_config(request, forms);
  if (!thinking.empty()) fields.raw("thinkingConfig", "{" + thinking + "}");
  return members;
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

void GeminiDecoder::Counts::overwrite(const Counts& newer) {
  for (auto count :
       {&Counts::prompt, &Counts::tool_use, &Counts::candidates, &Counts::thoughts, &Counts::cached, &Counts::total}) {
    if (newer.*count) this->*count = newer.*count;
  }
}

void GeminiDecoder::Candidate::clear() {
  for (auto* part : {&text, &reasoning, &finish_reason}) part->clear();
  sources.clear();
  index = 0;
  tool_call = false;
}

GeminiDecoder::GeminiDecoder(std::size_t event_bytes_max) : StreamDecoder(event_bytes_max, DoneMark::ends) {}

// One response, or a list: an error in a list of one, or the response of a server that does not support `alt=sse`.
bool GeminiDecoder::read(std::string_view json, BodyKind, ParsedChunk& chunk) {
  JsonReader reader(json);
  Counts counts;
  switch (reader.kind()) {
    case JsonReader::Kind::object:
      read_response(reader, chunk, counts);
      break;
    case JsonReader::Kind::array:
      each_element(reader, [&] {
        const auto bytes = chunk.text.size() + chunk.reasoning.size();
        const auto reason = std::exchange(chunk.finish_reason, {});
        read_response(reader, chunk, counts);
        // Text after a finish reason withdraws it.
        const bool any_text = chunk.text.size() + chunk.reasoning.size() > bytes;
        if (chunk.finish_reason.empty() && !any_text) chunk.finish_reason = reason;
      });
      break;
    default:
      return false;
  }
  if (!reader.finished()) return false;
  counts_.overwrite(counts);
  if (counts.usage().known()) chunk.usage = counts_.usage();
  return true;
}

void GeminiDecoder::read_response(JsonReader& reader, ParsedChunk& chunk, Counts& counts) {
  each_member(reader, [&](std::string_view key) {
    if (key == "candidates") {
      return each_element(reader, [&] {
        candidate_.clear();
        read_candidate(reader, chunk);
        if (candidate_.index != 0) return;  // one answer was requested
        chunk.text += candidate_.text;
        chunk.reasoning += candidate_.reasoning;
        chunk.tool_call |= candidate_.tool_call;
        merge_sources(chunk.sources, candidate_.sources, answer_sources_max);
        if (!candidate_.finish_reason.empty()) chunk.finish_reason = candidate_.finish_reason;
      });
    }
    if (key == "usageMetadata") return read_counts(reader, counts);
    if (key == "modelVersion") return note(reader, generation_.model);
    if (key == "responseId") return note(reader, generation_.id);
    if (key == "promptFeedback") return read_feedback(reader, chunk);
    key == "error" ? chunk.note_error(reader) : reader.skip();
  });
}

void GeminiDecoder::read_candidate(JsonReader& reader, ParsedChunk& chunk) {
  each_member(reader, [&](std::string_view key) {
    if (key == "content") {
      return each_member(reader, [&](std::string_view member) {
        if (member != "parts") return reader.skip();
        each_element(reader, [&] { read_part(reader); });
      });
    }
    if (key == "finishReason") {
      read_text(reader, candidate_.finish_reason);
      if (is_no_reason(candidate_.finish_reason)) candidate_.finish_reason.clear();
      return;
    }
    if (key == "index") return read_real(reader, candidate_.index);
    if (key == "error") return chunk.note_error(reader);
    if (key == "groundingMetadata" || key == "citationMetadata") {
      return each_member(reader, [&](std::string_view member) {
        const bool lists_sources = member == "groundingChunks" || member == "citationSources";
        lists_sources ? read_sources(reader, candidate_.sources) : reader.skip();
      });
    }
    reader.skip();
  });
}

void GeminiDecoder::read_part(JsonReader& reader) {
  scratch_.clear();
  bool thought = false;
  each_member(reader, [&](std::string_view key) {
    if (key == "text") return read_nested_text(reader, scratch_);
    if (key == "thought" && reader.kind() == JsonReader::Kind::boolean) return void(reader.read_boolean(thought));
    if (key == "functionCall") return void(candidate_.tool_call |= skip_statement(reader));
    reader.skip();
  });
  (thought ? candidate_.reasoning : candidate_.text) += scratch_;
}

void GeminiDecoder::read_counts(JsonReader& reader, Counts& counts) {
  each_member(reader, [&](std::string_view key) {
    if (key == "promptTokenCount") return read_count(reader, counts.prompt);
    if (key == "toolUsePromptTokenCount") return read_count(reader, counts.tool_use);
    if (key == "candidatesTokenCount") return read_count(reader, counts.candidates);
    if (key == "thoughtsTokenCount") return read_count(reader, counts.thoughts);
    if (key == "cachedContentTokenCount") return read_count(reader, counts.cached);
    if (key == "totalTokenCount") return read_count(reader, counts.total);
    reader.skip();
  });
}

void GeminiDecoder::read_feedback(JsonReader& reader, ParsedChunk& chunk) {
  each_member(reader, [&](std::string_view key) {
    if (key != "blockReason") return reader.skip();
    scratch_.clear();
    read_text(reader, scratch_);
    if (is_no_reason(scratch_)) return;
    chunk.failure = Error{ErrorCode::content_filter, fmt::format("the provider blocked the prompt: {}", scratch_)};
  });
}

// The model's name comes from a task: encoded, it is one path segment whatever it contains.
std::string GeminiProtocol::path(const core::ChatRequest& request) const {
  std::string_view model = request.model;
  std::string path = "/models/";
  if (model.starts_with("models/")) model.remove_prefix(7);
  return path.append(percent_encoded(model)).append(":streamGenerateContent?alt=sse");
}

RequestBody GeminiProtocol::body(const core::ChatRequest& request) const {
  const auto layout = layout_of(request);
  std::string body = R"({"contents":[)";
  FormSelector forms(request);
  std::vector<std::string> omitted;
  for (std::size_t i = 0; i < layout.turns.size(); ++i) {
    const auto& turn = layout.turns[i];
    body += i == 0 ? "{" : ",{";
    JsonFields(body).text("role", role_name(turn.role, "model"));
    body += ',';
    append_parts(body, turn.content, select_attachments(turn, forms, omitted, unsupported_type));
    body += '}';
  }
  body += ']';
  if (!layout.system.empty()) {
    body += R"(,"systemInstruction":{)";
    append_parts(body, layout.system);
    body += '}';
  }
  const auto config = generation_config(request, forms);
  if (!config.empty()) body.append(R"(,"generationConfig":{)").append(config).append("}");
  return {body.append("}"), forms.sent(), std::move(omitted)};
}

std::unique_ptr<ResponseDecoder> GeminiProtocol::decoder(std::size_t event_bytes_max) const {
  return std::make_unique<GeminiDecoder>(event_bytes_max);
}

}  // namespace plenum::protocol
