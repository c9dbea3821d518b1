// Gemini's streamGenerateContent.
// Sources: Google's Gemini API reference, "GenerateContentResponse" and "FinishReason"; the Google GenAI SDK,
// which balances braces because errors arrive as bare JSON; google.rpc.Status for the format of errors; its pages
// "Thinking" (thinkingLevel and thinkingBudget exclude each other) and "Structured outputs" (responseJsonSchema).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/stream_decoder.h"

namespace plenum::protocol {

class JsonReader;

// Not thread-safe: one decoder per response.
class GeminiDecoder final : public StreamDecoder {
 public:
  explicit GeminiDecoder(std::size_t event_bytes_max);

 private:
  // Token counts in Gemini's format; each count replaces the previous one.
  struct Counts {
    std::optional<std::int64_t> prompt, tool_use, candidates, thoughts, cached, total;
    void overwrite(const Counts& newer);
    Usage usage() const;
  };
  struct Candidate {
    std::string text, reasoning, finish_reason;
    std::vector<SourceRef> sources;
    double index = 0;
    bool tool_call = false;
    void clear();
  };

  bool read(std::string_view json, BodyKind kind, ParsedChunk& chunk) override;
  void read_response(JsonReader& reader, ParsedChunk& chunk, Counts& counts);
  void read_candidate(JsonReader& reader, ParsedChunk& chunk);
  void read_part(JsonReader& reader);
  void read_counts(JsonReader& reader, Counts& counts);
  void read_feedback(JsonReader& reader, ParsedChunk& chunk);

  Counts counts_;
  Candidate candidate_;  // the element being read; reused for its capacity
  std::string scratch_;  // likewise
};

// Const: any thread.
class GeminiProtocol final : public ProviderProtocol {
 public:
  std::string path(const core::ChatRequest& request) const override;
  RequestBody body(const core::ChatRequest& request) const override;
  std::string_view key_header() const override { return "x-goog-api-key: "; }
  std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const override;
};

}  // namespace plenum::protocol
