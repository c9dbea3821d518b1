// The shared part of all decoders: splits the body into events, joins UTF-8 sequences, separates inline reasoning,
// merges usage, and determines how the answer ended. A protocol adds the parser of one JSON text.
// Source: docs/providers.md, "Complete responses".
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utf8.h"
#include "common/sse/decoder.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/protocol/think_splitter.h"

namespace plenum::protocol {

class JsonReader;

// The meaning of a finish reason other than a normal end.
struct FinishRule {
  std::string_view reason;  // empty, in the last row: any other
  bool cut_short = false;
  std::optional<ErrorCode> failure{};
};

// Not thread-safe: one decoder per response.
class StreamDecoder : public ResponseDecoder {
 public:
  void feed(std::string_view bytes, std::vector<ProviderDelta>& out) final;
  void feed_whole(std::string_view json, std::vector<ProviderDelta>& out) final;
  bool ended() const final { return ended_ || error_.has_value(); }
  bool complete() const final { return complete_; }
  core::ChatEnd finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) final;

 protected:
  // event: one of a stream; whole: the response of a server that does not stream.
  enum class BodyKind : std::uint8_t { event, whole };

  // The content of one JSON text, in neutral form.
  struct ParsedChunk {
    std::string reasoning, text, refusal;
    std::string finish_reason;       // empty: none
    Usage usage;                     // cumulative
    Cost cost;                       // as reported
    std::vector<SourceRef> sources;  // citations, see read_sources()
    bool complete = false;           // the answer is complete
    bool ended = false;              // nothing follows
    bool error = false;              // the text contains an error, see error_of_event()
    std::optional<Error> failure{};  // an error without such an object

    void clear();
  };

  struct FinishRules {
    std::span<const FinishRule> finishes;
    bool done_completes = false;  // `[DONE]` marks a complete answer, and not only the end of the stream
  };
  StreamDecoder(std::size_t event_bytes_max, FinishRules rules);
  // Reads the text at the cursor into a field of generation_, unless an earlier event contained it: a stream repeats
  // these fields with every token.
  void note(JsonReader& reader, std::string& field);

  Generation generation_;

 private:
  // Parses one JSON text into the cleared `chunk`. False if the text does not match the protocol: it is ignored then,
  // and the response is malformed.
  virtual bool read(std::string_view json, BodyKind kind, ParsedChunk& chunk) = 0;

  void take_event(const SseEvent& event, std::vector<ProviderDelta>& out);
  bool take(std::string_view json, BodyKind kind, std::vector<ProviderDelta>& out);
  void take_last(std::vector<ProviderDelta>& out);
  void emit(TokenKind kind, std::string_view piece, std::vector<ProviderDelta>& out);
  void flush(TokenKind kind, std::vector<ProviderDelta>& out);
  void append(TokenKind kind, std::string text, std::vector<ProviderDelta>& out);
  void append_text(std::string_view text, std::vector<ProviderDelta>& out);
  FinishRule finish_rule() const;
  std::optional<Error> error_of_end(std::optional<Error> broken) const;

  const std::size_t event_bytes_max_;
  const FinishRules rules_;
  SseDecoder sse_;
  std::vector<SseEvent> events_;  // reused for its capacity
  ParsedChunk chunk_;             // likewise
  Utf8Joiner text_joiner_;
  Utf8Joiner reasoning_joiner_;
  ThinkSplitter inline_reasoning_;
  bool any_text_ = false;
  bool any_reasoning_ = false;
  bool complete_ = false;
  bool ended_ = false;
  std::string refusal_;
  std::string finish_reason_;
  Usage usage_;
  Cost cost_;
  std::vector<SourceRef> sources_;
  std::optional<Error> error_;
};

}  // namespace plenum::protocol
