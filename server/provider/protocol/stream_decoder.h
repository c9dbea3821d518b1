// The shared part of all decoders: splits the body into JSON texts, whatever its form, joins UTF-8 sequences, separates
// inline reasoning, merges usage, and determines how the answer ended. A protocol adds the parser of one JSON text.
// Source: docs/providers.md, "Complete responses" and "Tolerated deviations".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utf8.h"
#include "common/sse/decoder.h"
#include "server/provider/protocol/answer/end_state.h"
#include "server/provider/protocol/json/json_objects.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/protocol/think_splitter.h"

namespace plenum::protocol {

class JsonReader;

// Not thread-safe: one decoder per response.
class StreamDecoder : public ResponseDecoder {
 public:
  void feed(std::string_view bytes, std::vector<ProviderDelta>& out) final;
  bool ended() const final { return state_.ended(); }
  bool complete() const final { return state_.whole(); }
  core::ChatEnd finish(std::optional<Error> broken, std::vector<ProviderDelta>& out) final;

 protected:
  // event: the data of one; whole: an object outside of events, as of a server that does not stream.
  enum class BodyKind : std::uint8_t { event, whole };
  // What `[DONE]` is in the protocol: the mark of a complete answer, or only the end of the stream.
  enum class DoneMark : std::uint8_t { completes, ends };

  // The content of one JSON text, in neutral form.
  struct ParsedChunk {
    std::string reasoning, text, refusal;
    std::string finish_reason;       // empty: none
    Usage usage;                     // cumulative
    Cost cost;                       // as reported
    std::vector<SourceRef> sources;  // citations, see read_sources()
    bool tool_call = false;
    bool complete = false;           // a complete message, even without a finish reason
    bool ended = false;              // the end mark of the protocol
    bool error = false;              // the text contains an error, see error_of_event()
    std::optional<Error> failure{};  // an error without such an object

    void clear();
    // Reads the `error` at the cursor.
    void note_error(JsonReader& reader);
    // Whether it has more than blanks.
    bool has_content() const;
  };

  StreamDecoder(std::size_t event_bytes_max, DoneMark done_mark);
  // Reads the text at the cursor into a field of generation_, unless an earlier event contained it: a stream repeats
  // these fields with every token.
  void note(JsonReader& reader, std::string& field);

  Generation generation_;

 private:
  // Parses one JSON text into the cleared `chunk`. False if the text does not match the protocol: it is ignored then,
  // and the response is malformed.
  virtual bool read(std::string_view json, BodyKind kind, ParsedChunk& chunk) = 0;

  bool is_web_page(std::string_view bytes);
  void take_event(const SseEvent& event, std::vector<ProviderDelta>& out);
  bool take_text(std::string_view text, std::vector<ProviderDelta>& out);
  std::string_view take_lines(std::string_view data, std::vector<ProviderDelta>& out);
  void take_other_line(std::string_view line, std::vector<ProviderDelta>& out);
  bool take(std::string_view json, BodyKind kind, std::vector<ProviderDelta>& out);
  void take_end(std::string_view json);
  void take_figures();
  void take_last(std::vector<ProviderDelta>& out);
  void emit(TokenKind kind, std::string_view piece, std::vector<ProviderDelta>& out);
  void flush(TokenKind kind, std::vector<ProviderDelta>& out);
  void append(TokenKind kind, std::string text, std::vector<ProviderDelta>& out);
  void append_text(std::string_view text, std::vector<ProviderDelta>& out);
  std::optional<Error> error_of_end(std::optional<Error> broken) const;
  std::optional<Error> error_of_incomplete(std::optional<Error> broken) const;
  std::optional<Error> error_of_complete() const;

  const DoneMark done_mark_;
  SseDecoder sse_;
  JsonObjects objects_;           // outside of events
  std::vector<SseEvent> events_;  // reused for its capacity
  ParsedChunk chunk_;             // likewise
  Utf8Joiner text_joiner_;
  Utf8Joiner reasoning_joiner_;
  ThinkSplitter inline_reasoning_;
  EndState state_;
  bool begun_ = false;      // something other than blanks was received
  bool any_event_ = false;  // an event or an object was received
  bool any_text_ = false;
  bool any_reasoning_ = false;
  bool any_tool_call_ = false;
  std::string refusal_;
  Usage usage_;
  Cost cost_;
  bool figures_are_final_ = false;  // usage and cost are those of the end of the answer
  std::vector<SourceRef> sources_;
  std::optional<Error> stated_;  // by an object without any part of an answer
};

}  // namespace plenum::protocol
