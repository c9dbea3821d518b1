// OpenAI-compatible chat completions, as pure functions: neutral request to JSON, bytes to neutral
// deltas. Never sees a socket.
// Sources: OpenAI's API description, "Create chat completion" (streaming); OpenRouter's documentation on
// streaming and errors; Ollama's openai package; deviations in use (docs/providers.md, "Tolerated").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event.h"
#include "common/sse_decoder.h"
#include "common/utf8.h"
#include "server/core/chat.h"
#include "server/wire/dialect.h"

namespace plenum::wire {

class JsonWalk;

// The body that asks for a streamed answer with usage. Any thread.
std::string openai_request_body(const core::ChatRequest& request);

// Not thread-safe: one decoder per answer.
class OpenAiDecoder final : public AnswerDecoder {
 public:
  explicit OpenAiDecoder(std::size_t event_bytes_max = 1 << 20) : sse_(event_bytes_max) {}

  void feed(std::string_view bytes, std::vector<WireDelta>& out) override;
  void feed_whole(std::string_view json, std::vector<WireDelta>& out) override;
  bool ended() const override { return done_ || failure_.has_value(); }
  bool complete() const override { return done_ || !finish_reason_.empty(); }
  core::ChatEnd finish(std::optional<Error> broken, std::vector<WireDelta>& out) override;

 private:
  // What one element of `choices` says, or several of the same answer.
  struct Choice {
    std::string content, reasoning, refusal, finish_reason;
    double index = 0;
    void clear();
    void append(const Choice& next);
  };

  void take_event(const SseEvent& event, std::vector<WireDelta>& out);
  bool take_chunk(std::string_view json, std::string_view message_key, std::vector<WireDelta>& out);
  void read_member(JsonWalk& walk, std::string_view key, std::string_view message_key);
  void read_choices(JsonWalk& walk, std::string_view message_key);
  void read_choice(JsonWalk& walk, std::string_view message_key);
  void read_usage(JsonWalk& walk);
  void read_groq(JsonWalk& walk);
  void note_error(JsonWalk& walk);
  void apply(std::string_view json, std::vector<WireDelta>& out);
  void emit(TokenKind kind, std::string_view piece, std::vector<WireDelta>& out);
  std::optional<Error> verdict(std::optional<Error> broken) const;

  SseDecoder sse_;
  std::vector<SseEvent> events_;  // kept for its capacity
  Choice choice_;                 // the first answer's part of the chunk at hand; kept for its capacity
  Choice other_;                  // the element being read
  std::string scratch_;
  bool error_seen_ = false;  // the chunk at hand carries an error

  Utf8Joiner text_joiner_;
  Utf8Joiner reasoning_joiner_;
  bool any_text_ = false;
  bool any_reasoning_ = false;
  bool done_ = false;
  std::string refusal_;
  std::string finish_reason_;
  Usage usage_;
  Cost cost_;
  std::optional<Error> failure_;
};

}  // namespace plenum::wire
