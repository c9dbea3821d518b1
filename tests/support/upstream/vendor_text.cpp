#include "tests/support/upstream/vendor_text.h"

#include "common/json/json_writer.h"

namespace plenum::tests {

namespace {

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// {} in the form stands for the value.
std::string filled(std::string_view form, std::string_view value) {
  std::string text(form);
  return text.replace(text.find("{}"), 2, value);
}

std::string openai_chunk(std::string_view rest) {
  return data_line(R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"scripted",)" +
                   std::string(rest) + "}");
}

std::string anthropic_delta(int index, std::string_view delta) {
  return named_event("content_block_delta", R"({"type":"content_block_delta","index":)" + std::to_string(index) +
                                                R"(,"delta":)" + std::string(delta) + "}");
}

std::string gemini_chunk(std::string_view candidate, std::string_view rest = {}) {
  return data_line(R"({"candidates":[{"index":0,)" + std::string(candidate) + "}]," + std::string(rest) +
                   R"("modelVersion":"scripted"})");
}

std::string gemini_usage(int prompt_tokens, int completion_tokens) {
  return R"("usageMetadata":{"promptTokenCount":)" + std::to_string(prompt_tokens) + R"(,"candidatesTokenCount":)" +
         std::to_string(completion_tokens) + R"(,"totalTokenCount":)" +
         std::to_string(prompt_tokens + completion_tokens) + "}";
}

std::string anthropic_end(std::string_view reason, int completion_tokens) {
  return named_event("message_delta", R"({"type":"message_delta","delta":{"stop_reason":)" + quoted(reason) +
                                          R"(,"stop_sequence":null},"usage":{"output_tokens":)" +
                                          std::to_string(completion_tokens) + "}}");
}

}  // namespace

std::string_view vendor_name(Vendor vendor) {
  constexpr std::string_view names[] = {"openai", "anthropic", "gemini"};
  return names[static_cast<int>(vendor)];
}

std::string data_line(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }

std::string named_event(std::string_view name, std::string_view json) {
  return "event: " + std::string(name) + "\n" + data_line(json);
}

std::string opening(Vendor vendor) {
  if (vendor != Vendor::anthropic) return {};
  return named_event(
             "message_start",
             R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"scripted","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}})") +
         named_event("content_block_start",
                     R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
}

std::string raw_text_chunk(Vendor vendor, std::string_view literal) {
  switch (vendor) {
    case Vendor::openai:
      return openai_chunk(
          filled(R"("choices":[{"index":0,"delta":{"content":{}},"finish_reason":null}],"usage":null)", literal));
    case Vendor::anthropic:
      return anthropic_delta(0, filled(R"({"type":"text_delta","text":{}})", literal));
    case Vendor::gemini:
      return gemini_chunk(filled(R"("content":{"role":"model","parts":[{"text":{}}]})", literal));
  }
  return {};
}

std::string text_chunk(Vendor vendor, std::string_view delta) { return raw_text_chunk(vendor, quoted(delta)); }

std::string reasoning_chunk(Vendor vendor, std::string_view delta) {
  const std::string text = quoted(delta);
  switch (vendor) {
    case Vendor::openai:
      return openai_chunk(filled(
          R"("choices":[{"index":0,"delta":{"reasoning_content":{}},"finish_reason":null}],"usage":null)", text));
    case Vendor::anthropic:
      return anthropic_delta(0, filled(R"({"type":"thinking_delta","thinking":{}})", text));
    case Vendor::gemini:
      return gemini_chunk(filled(R"("content":{"role":"model","parts":[{"text":{},"thought":true}]})", text));
  }
  return {};
}

std::string_view normal_finish(Vendor vendor) {
  constexpr std::string_view words[] = {"stop", "end_turn", "STOP"};
  return words[static_cast<int>(vendor)];
}

std::string finish_chunk(Vendor vendor, std::string_view reason) {
  switch (vendor) {
    case Vendor::openai:
      return openai_chunk(R"("choices":[{"index":0,"delta":{},"finish_reason":)" + quoted(reason) +
                          R"(}],"usage":null)");
    case Vendor::anthropic:
      return anthropic_end(reason, 5);
    case Vendor::gemini:
      return gemini_chunk(R"("content":{"role":"model","parts":[]},"finishReason":)" + quoted(reason));
  }
  return {};
}

std::string usage_chunk(Vendor vendor, int prompt_tokens, int completion_tokens) {
  const std::string total = std::to_string(prompt_tokens + completion_tokens);
  switch (vendor) {
    case Vendor::openai:
      return openai_chunk(R"("choices":[],"usage":{"prompt_tokens":)" + std::to_string(prompt_tokens) +
                          R"(,"completion_tokens":)" + std::to_string(completion_tokens) + R"(,"total_tokens":)" +
                          total + "}");
    case Vendor::anthropic:
      return named_event("message_delta", R"({"type":"message_delta","delta":{},"usage":{"input_tokens":)" +
                                              std::to_string(prompt_tokens) + R"(,"output_tokens":)" +
                                              std::to_string(completion_tokens) + "}}");
    case Vendor::gemini:
      return data_line("{" + gemini_usage(prompt_tokens, completion_tokens) + R"(,"modelVersion":"scripted"})");
  }
  return {};
}

std::string end_marker(Vendor vendor) {
  if (vendor == Vendor::openai) return data_line("[DONE]");
  if (vendor == Vendor::gemini) return {};  // the body's end is the end
  return named_event("content_block_stop", R"({"type":"content_block_stop","index":0})") +
         named_event("message_stop", R"({"type":"message_stop"})");
}

std::string closing(Vendor vendor, int prompt_tokens, int completion_tokens) {
  return finish_chunk(vendor, normal_finish(vendor)) + usage_chunk(vendor, prompt_tokens, completion_tokens) +
         end_marker(vendor);
}

std::string error_body(Vendor vendor, int status, std::string_view message) {
  const bool busy = status == 503 || status == 529;
  const std::string text = quoted(message);
  switch (vendor) {
    case Vendor::openai:
      return R"({"error":{"message":)" + text + R"(,"type":")" +
             (status == 429 ? "rate_limit_error"
              : busy        ? "overloaded_error"
                            : "server_error") +
             R"(","param":null,"code":null}})";
    case Vendor::anthropic:
      return R"({"type":"error","error":{"type":")" +
             std::string(status == 429 ? "rate_limit_error"
                         : busy        ? "overloaded_error"
                                       : "api_error") +
             R"(","message":)" + text + R"(},"request_id":"req_1"})";
    case Vendor::gemini:
      return R"({"error":{"code":)" + std::to_string(status) + R"(,"message":)" + text + R"(,"status":")" +
             (status == 429 ? "RESOURCE_EXHAUSTED"
              : busy        ? "UNAVAILABLE"
                            : "INTERNAL") +
             R"("}})";
  }
  return {};
}

std::string error_event(Vendor vendor, std::string_view message) {
  const std::string body = error_body(vendor, 500, message);
  return vendor == Vendor::anthropic ? named_event("error", body) : data_line(body);
}

}  // namespace plenum::tests
