// Gemini's streamGenerateContent.
// Sources: Google's Gemini API reference, "GenerateContentResponse" and "FinishReason"; the Google GenAI SDK,
// which balances braces because errors come as bare JSON; google.rpc.Status for the shape of errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/wire/event_decoder.h"

namespace plenum::wire {

class JsonWalk;

// Not thread-safe: one decoder per answer.
class GeminiDecoder final : public EventDecoder {
 public:
  explicit GeminiDecoder(std::size_t event_bytes_max);

 private:
  // Tokens as Gemini counts them; each figure replaces the one before.
  struct Counts {
    std::optional<std::int64_t> prompt, tool_use, candidates, thoughts, cached, total;
    Usage usage() const;
  };
  struct Candidate {
    std::string text, reasoning, finish_reason;
    double index = 0;
    void clear();
  };

  bool read(std::string_view json, Form form, Said& said) override;
  void read_response(JsonWalk& walk, Said& said);
  void read_candidate(JsonWalk& walk);
  void read_part(JsonWalk& walk);
  void read_counts(JsonWalk& walk);
  void read_feedback(JsonWalk& walk, Said& said);

  Counts counts_;
  Candidate candidate_;  // the element being read; kept for its capacity
  std::string scratch_;  // likewise
};

// Const: any thread.
class GeminiDialect final : public Dialect {
 public:
  std::string path(const core::ChatRequest& request) const override;
  std::string body(const core::ChatRequest& request) const override;
  std::string_view key_header() const override { return "x-goog-api-key: "; }
  std::unique_ptr<AnswerDecoder> decoder(std::size_t event_bytes_max) const override;
};

}  // namespace plenum::wire
