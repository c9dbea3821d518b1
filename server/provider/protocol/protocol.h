// The protocol of one kind of provider, as pure functions: a neutral request to JSON, bytes to neutral deltas. Nothing
// here uses a socket or a key.
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
#include "server/core/provider_kind.h"

namespace plenum::protocol {

struct ProviderDelta {
  TokenKind kind = TokenKind::text;
  std::string text;  // complete UTF-8 sequences, never empty
  bool operator==(const ProviderDelta&) const = default;
};

// Decodes the body of one response into deltas and an end, however the bytes are fragmented. The form of the body, an
// event stream or JSON, is determined from its bytes: labels of responses are unreliable.
// Not thread-safe: one decoder per response.
class ResponseDecoder {
 public:
  virtual ~ResponseDecoder() = default;

  // Appends the deltas completed by `bytes`. Bytes after ended() are ignored.
  virtual void feed(std::string_view bytes, std::vector<ProviderDelta>& out) = 0;

  // The end of the stream was received; further bytes are irrelevant.
  virtual bool ended() const = 0;
  // The answer is whole as far as it was received. Text that follows may change that.
  virtual bool complete() const = 0;

  // The end of the answer; `broken` is the error of a failed connection. A complete answer is valid even then; an
  // incomplete one is truncated even if the body ended normally, and its usage and cost are unknown. Appends text that
  // was held back. Call once.
  virtual core::ChatEnd finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) = 0;
};

struct RequestBody {
  std::string json;  // empty: a GET without a body
  core::SentParameters sent;
  std::vector<std::string> omitted_attachments{};  // names
};

// Const: any thread.
class ProviderProtocol {
 public:
  virtual ~ProviderProtocol() = default;

  // Appended to the provider's base URL, including the query; percent-encoded.
  virtual std::string path(const core::ChatRequest& request) const = 0;
  // The body that requests a streamed answer with usage. A parameter that the protocol cannot express, or that the
  // restrictions of the request exclude in every form, is omitted.
  virtual RequestBody body(const core::ChatRequest& request) const = 0;
  // The start of the header line of the key, for example `Authorization: Bearer `.
  virtual std::string_view key_header() const = 0;
  // Further header lines of every request, for example `anthropic-version: 2023-06-01`.
  virtual std::vector<std::string_view> headers() const { return {}; }
  // event_bytes_max limits one line, one event, and a response of one JSON text.
  virtual std::unique_ptr<ResponseDecoder> decoder(std::size_t event_bytes_max) const = 0;
};

// Null for offline. Valid as long as the program.
const ProviderProtocol* protocol_of(core::ProviderKind kind);

}  // namespace plenum::protocol
