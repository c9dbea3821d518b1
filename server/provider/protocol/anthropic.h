// Anthropic's Messages API.
// Sources: Anthropic's API reference, "Messages", "Streaming messages" and "Errors"; its pages "Thinking", "Effort",
// "Structured outputs" and "What's new in Claude Opus 5.5" (parameters that models reject); its SDK's types.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/stream_decoder.h"

namespace plenum::protocol {

class JsonReader;

// Not thread-safe: one decoder per response.
class AnthropicDecoder final : public StreamDecoder {
 public:
  explicit AnthropicDecoder(std::size_t event_bytes_max);

 private:
  // Token counts in Anthropic's format: the three kinds of input are separate, and a later count replaces an earlier
  // one.
  struct Counts {
    std::optional<std::int64_t> input, cache_creation, cache_read, output;
    bool known() const { return input || cache_creation || cache_read || output; }
    void overwrite(const Counts& newer);
    Usage usage() const;
  };

  enum class Block : std::uint8_t { complete, partial };

  bool read(std::string_view json, BodyKind kind, ParsedChunk& chunk) override;
  bool read_message_member(JsonReader& reader, std::string_view key, ParsedChunk& chunk);
  void read_message(JsonReader& reader, ParsedChunk& chunk, Counts& counts);
  void read_block(JsonReader& reader, ParsedChunk& chunk, Block block);
  void read_counts(JsonReader& reader, Counts& counts);

  Counts counts_;
  bool in_server_tool_ = false;  // the current block is a call of a tool that the vendor runs
  // Of the current value; reused for their capacity.
  std::string type_, block_type_, block_text_, block_thought_, block_input_;
};

// Const: any thread.
class AnthropicProtocol final : public ProviderProtocol {
 public:
  std::string path(const core::ChatRequest& request) const override;
  RequestBody body(const core::ChatRequest& request) const override;
  std::string_view key_header() const override { return "x-api-key: "; }
  std::vector<std::string_view> headers() const override { return {"anthropic-version: 2023-06-01"}; }
  std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const override;
};

}  // namespace plenum::protocol
