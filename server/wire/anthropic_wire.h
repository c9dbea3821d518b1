// Anthropic's Messages API.
// Sources: Anthropic's API reference, "Messages", "Streaming messages" and "Errors"; its SDK's types.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/event_decoder.h"

namespace plenum::wire {

class JsonWalk;

// Not thread-safe: one decoder per answer.
class AnthropicDecoder final : public EventDecoder {
 public:
  explicit AnthropicDecoder(std::size_t event_bytes_max);

 private:
  // Tokens as Anthropic counts them: the three kinds of input are apart, and a later figure replaces an
  // earlier one.
  struct Counts {
    std::optional<std::int64_t> input, cache_creation, cache_read, output;
    void overwrite(const Counts& newer);
    Usage usage() const;
  };

  bool read(std::string_view json, Form form, Said& said) override;
  void read_message(JsonWalk& walk, Said& said, Counts& counts);
  void read_block(JsonWalk& walk, Said& said);
  void read_counts(JsonWalk& walk, Counts& counts);

  Counts counts_;
  std::string type_, block_type_, block_text_, block_thought_;  // of what is being read; kept for their capacity
};

// Const: any thread.
class AnthropicDialect final : public Dialect {
 public:
  std::string path(const core::ChatRequest& request) const override;
  std::string body(const core::ChatRequest& request) const override;
  std::string_view key_header() const override { return "x-api-key: "; }
  std::vector<std::string_view> headers() const override { return {"anthropic-version: 2023-06-01"}; }
  std::unique_ptr<AnswerDecoder> decoder(std::size_t event_bytes_max) const override;
};

}  // namespace plenum::wire
