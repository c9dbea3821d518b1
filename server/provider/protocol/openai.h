// OpenAI-compatible chat completions, with the variants of OpenRouter and Ollama.
// Sources: OpenAI's API description, "Create chat completion" (streaming; max_completion_tokens and the
// parameters that reasoning models reject); OpenRouter's documentation on streaming and errors; Ollama's
// openai package; deviations in use (docs/providers.md, "Tolerated deviations").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/stream_decoder.h"

namespace plenum::protocol {

class JsonReader;

// Not thread-safe: one decoder per response.
class OpenAiDecoder final : public StreamDecoder {
 public:
  explicit OpenAiDecoder(std::size_t event_bytes_max);

 private:
  // One element of `choices`, or several of the same answer.
  struct Choice {
    std::string content, reasoning, refusal, finish_reason;
    double index = 0;
    void clear();
  };

  bool read(std::string_view json, BodyKind kind, ParsedChunk& chunk) override;
  void read_member(JsonReader& reader, std::string_view key, std::string_view message_key, ParsedChunk& chunk);
  void read_choices(JsonReader& reader, std::string_view message_key, ParsedChunk& chunk);
  void read_choice(JsonReader& reader, std::string_view message_key, ParsedChunk& chunk);
  void read_message(JsonReader& reader);

  Choice choice_;        // the element being read; reused for its capacity
  std::string scratch_;  // likewise
};

// Const: any thread.
class OpenAiProtocol final : public ProviderProtocol {
 public:
  struct Options {
    bool requests_usage = true;           // otherwise it is sent by default
    bool knows_reasoning_models = false;  // model names determine the accepted parameters
    std::string_view header{};            // one more line
  };
  explicit OpenAiProtocol(Options options) : options_(options) {}

  std::string path(const core::ChatRequest& request) const override;
  std::string body(const core::ChatRequest& request) const override;
  std::string_view key_header() const override { return "Authorization: Bearer "; }
  std::vector<std::string_view> headers() const override;
  std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const override;

 private:
  const Options options_;
};

}  // namespace plenum::protocol
