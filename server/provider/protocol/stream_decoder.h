// What the decoders of all dialects share: cutting the body into events, joining characters, merging usage,
// and the verdict on how the answer ended. A protocol adds how one JSON text of it reads.
// Source: docs/providers.md, "Complete responses".
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utf8.h"
#include "common/protocol/sse_decoder.h"
#include "server/provider/protocol/protocol.h"

namespace plenum::protocol {

// What a finish reason means where it is not simply the end.
struct FinishRow {
  std::string_view reason;  // empty, as the last row: every other
  bool cut_short = false;
  std::optional<ErrorCode> failure{};
};

// Not thread-safe: one decoder per answer.
class StreamDecoder : public ResponseDecoder {
 public:
  void feed(std::string_view bytes, std::vector<ProviderDelta>& out) final;
  void feed_whole(std::string_view json, std::vector<ProviderDelta>& out) final;
  bool ended() const final { return ended_ || failure_.has_value(); }
  bool complete() const final { return complete_; }
  core::ChatEnd finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) final;

 protected:
  // event: one of a stream; whole: the answer of a server that did not stream.
  enum class BodyKind : std::uint8_t { event, whole };

  // What one JSON text says, in neutral form.
  struct ParsedChunk {
    std::string reasoning, text, refusal;
    std::string finish_reason;       // empty: nothing about it
    Usage usage;                     // what it names; cumulative
    Cost cost;                       // as it was reported
    bool complete = false;           // the answer itself is whole
    bool ended = false;              // nothing follows
    bool error = false;              // the text carries an error, to be read by failure_in_stream
    std::optional<Error> failure{};  // what went wrong, when there is no such error object

    void clear();
  };

  struct FinishRules {
    std::span<const FinishRow> finishes;
    bool done_completes = false;  // `[DONE]` says that the answer is whole, not only that nothing follows
  };
  StreamDecoder(std::size_t event_bytes_max, FinishRules manner);

 private:
  // Reads one JSON text into `said`, which is clear. False when it is not what the protocol sends: nothing
  // of it counts then, and the answer is malformed.
  virtual bool read(std::string_view json, BodyKind form, ParsedChunk& said) = 0;

  void take_event(const SseEvent& event, std::vector<ProviderDelta>& out);
  bool take(std::string_view json, BodyKind form, std::vector<ProviderDelta>& out);
  void take_last(std::vector<ProviderDelta>& out);
  void emit(TokenKind kind, std::string_view piece, std::vector<ProviderDelta>& out);
  void flush(TokenKind kind, std::vector<ProviderDelta>& out);
  FinishRow meaning_of_finish() const;
  std::optional<Error> verdict(std::optional<Error> broken) const;

  const std::size_t event_bytes_max_;
  const FinishRules manner_;
  SseDecoder sse_;
  std::vector<SseEvent> events_;  // kept for its capacity
  ParsedChunk said_;              // likewise
  Utf8Joiner text_joiner_;
  Utf8Joiner reasoning_joiner_;
  bool any_text_ = false;
  bool any_reasoning_ = false;
  bool complete_ = false;
  bool ended_ = false;
  std::string refusal_;
  std::string finish_reason_;
  Usage usage_;
  Cost cost_;
  std::optional<Error> failure_;
};

}  // namespace plenum::protocol
