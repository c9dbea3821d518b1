// OpenAI-compatible chat completions, and the two dialects of it that differ in more than the address:
// OpenRouter and Ollama.
// Sources: OpenAI's API description, "Create chat completion" (streaming; max_completion_tokens and the
// parameters that reasoning models refuse); OpenRouter's documentation on streaming and errors; Ollama's
// openai package; deviations in use (docs/providers.md, "Tolerated deviations").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/stream_decoder.h"

namespace plenum::protocol {

class JsonReader;

// Not thread-safe: one decoder per answer.
class OpenAiDecoder final : public StreamDecoder {
 public:
  explicit OpenAiDecoder(std::size_t event_bytes_max);

 private:
  // What one element of `choices` says, or several of the same answer.
  struct Choice {
    std::string content, reasoning, refusal, finish_reason;
    double index = 0;
    void clear();
  };

  bool read(std::string_view json, BodyKind form, ParsedChunk& said) override;
  void read_member(JsonReader& walk, std::string_view key, std::string_view message_key, ParsedChunk& said);
  void read_choices(JsonReader& walk, std::string_view message_key, ParsedChunk& said);
  void read_choice(JsonReader& walk, std::string_view message_key, ParsedChunk& said);
  void read_message(JsonReader& walk);

  Choice choice_;        // the element being read; kept for its capacity
  std::string scratch_;  // likewise
};

// Const: any thread.
class OpenAiProtocol final : public ProviderProtocol {
 public:
  struct Options {
    bool asks_for_usage = true;           // else it comes unasked
    bool knows_reasoning_models = false;  // model names say which parameters are refused
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
