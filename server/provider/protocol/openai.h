// OpenAI-compatible chat completions, with the variants of OpenRouter and Ollama.
// Sources: OpenAI's API description, "Create chat completion" (streaming, max_completion_tokens, response_format);
// OpenRouter's documentation on streaming, errors and reasoning; Mistral's on reasoning (thinking parts); Ollama's
// openai package; deviations in use (docs/providers.md, "Tolerated deviations").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/stream_decoder.h"

namespace plenum {
class JsonFields;
}

namespace plenum::protocol {

class FormSelector;
class JsonReader;

// Not thread-safe: one decoder per response.
class OpenAiDecoder final : public StreamDecoder {
 public:
  explicit OpenAiDecoder(std::size_t event_bytes_max);

 private:
  // `delta` or `message` of a choice.
  struct Message {
    std::string content, reasoning, refusal;
    std::string details;   // reasoning as `reasoning_details`
    std::string thoughts;  // reasoning as parts of the content
    std::vector<SourceRef> sources;
    bool tool_call = false;
    bool present = false;
    bool has_content() const;
    void clear();
  };
  // One element of `choices`, or several of the same answer.
  struct Choice {
    Message delta, message;
    std::string finish_reason;
    double index = 0;
    void clear();
  };

  bool read(std::string_view json, BodyKind kind, ParsedChunk& chunk) override;
  void read_member(JsonReader& reader, std::string_view key, BodyKind kind, ParsedChunk& chunk);
  void read_choices(JsonReader& reader, BodyKind kind, ParsedChunk& chunk);
  void read_choice(JsonReader& reader, ParsedChunk& chunk);
  void read_message(JsonReader& reader, Message& message);
  void append(const Message& message, ParsedChunk& chunk);

  Choice choice_;               // the element being read; reused for its capacity
  std::string scratch_;         // likewise
  bool any_delta_ = false;      // the text arrives as `delta`: a `message` repeats it
  bool any_reasoning_ = false;  // the reasoning arrives as `reasoning`: `reasoning_details` repeat it
};

// Const: any thread.
class OpenAiProtocol final : public ProviderProtocol {
 public:
  struct Options {
    bool requests_usage = true;  // otherwise it is sent by default
    bool nested_effort = false;  // reasoning: {"effort": …} instead of reasoning_effort
    std::string_view header{};   // one more line
  };
  explicit OpenAiProtocol(Options options) : options_(options) {}

  std::string path(const core::ChatRequest& request) const override;
  RequestBody body(const core::ChatRequest& request) const override;
  std::string_view key_header() const override { return "Authorization: Bearer "; }
  std::vector<std::string_view> headers() const override;
  std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const override;

 private:
  void write_parameters(const core::ChatRequest& request, FormSelector& forms, JsonFields& fields) const;

  const Options options_;
};

}  // namespace plenum::protocol
