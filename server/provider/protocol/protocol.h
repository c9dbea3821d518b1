// How one vendor writes requests and answers, as pure functions: a neutral request to JSON, bytes to
// neutral deltas. Nothing here sees a socket or a key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/protocol/event.h"
#include "server/core/chat.h"

namespace plenum::protocol {

struct ProviderDelta {
  TokenKind kind = TokenKind::text;
  std::string text;  // whole UTF-8 sequences, never empty
  bool operator==(const ProviderDelta&) const = default;
};

// Turns the body of one answer into deltas and an end, however its bytes were cut.
// Not thread-safe: one decoder per answer.
class ResponseDecoder {
 public:
  virtual ~ResponseDecoder() = default;

  // Appends the deltas that the bytes complete. After ended() further bytes are ignored.
  virtual void feed(std::string_view bytes, std::vector<ProviderDelta>& out) = 0;
  // The whole answer arrived as one JSON text instead of a stream: from a server that cannot stream.
  virtual void feed_whole(std::string_view json, std::vector<ProviderDelta>& out) = 0;

  // The provider said all it had to say. What may still follow does not matter.
  virtual bool ended() const = 0;
  // The answer itself is whole; only usage and an end marker may follow.
  virtual bool complete() const = 0;

  // How the answer ended, given how its transfer did: `broken` when the connection failed. An answer
  // that is complete is good even then; one that is not is truncated even when the body ended in
  // order. Appends text that was still held back. Call once.
  virtual core::ChatEnd finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) = 0;
};

enum class ProtocolKind : std::uint8_t { openai, openrouter, anthropic, gemini, ollama, searxng, tavily, duckduckgo };

// Const: any thread.
class ProviderProtocol {
 public:
  virtual ~ProviderProtocol() = default;

  // Behind the provider's base URL, query included; percent-encoded where the model's name needs it.
  virtual std::string path(const core::ChatRequest& request) const = 0;
  // The body that asks for a streamed answer with usage; empty: asked by GET, without one.
  virtual std::string body(const core::ChatRequest& request) const = 0;
  // What stands before the key in its header line, e.g. `Authorization: Bearer `.
  virtual std::string_view key_header() const = 0;
  // Further header lines of every request, e.g. `anthropic-version: 2023-06-01`.
  virtual std::vector<std::string_view> headers() const { return {}; }
  // event_bytes_max bounds one line, one event, and an answer that comes as one JSON text.
  virtual std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const = 0;
};

// Lives as long as the program.
const ProviderProtocol& protocol_of(ProtocolKind name);

}  // namespace plenum::protocol
