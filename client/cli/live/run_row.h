// What one member, or one agent of a task with a single member, does in a run: a row of the live view.
// Times are milliseconds since the acceptance of the task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/cli/live/text_tail.h"
#include "common/protocol/event.h"

namespace plenum::client {

enum class RowState : std::uint8_t {
  waiting,   // has not started
  queued,    // for a provider limit or the cost limit
  calling,   // called, without a token yet
  thinking,  // generates reasoning
  writing,
  retrying,  // after a failed attempt
  done,
  failed,
  skipped,
  cancelled,
};

constexpr bool is_finished(RowState state) { return state >= RowState::done; }
// Whether something happens, so that a spinner may turn.
constexpr bool is_moving(RowState state) { return state > RowState::waiting && state < RowState::done; }

// Output tokens: those that a provider reported, plus an estimate from the text of the others.
struct TokenCount {
  std::int64_t reported = 0;
  std::int64_t estimated = 0;

  std::int64_t total() const { return reported + estimated; }
};

// Figures of one call.
struct CallFigures {
  std::int64_t started_ms = 0;
  std::optional<std::int64_t> first_token_ms, last_token_ms;
  std::int64_t text_quarters = 0;  // quarters of tokens, estimated from the text
  std::optional<std::int64_t> ttft_ms;
  std::optional<double> tokens_per_second;  // of a finished call

  std::int64_t text_tokens() const { return (text_quarters + 3) / 4; }
};

struct RunRow {
  std::string name;    // filtered: the member with its persona, or the agent
  std::string member;  // as events name it
  EventSource source;  // of the current or last chunk; empty before the first
  std::string kind;    // of its step
  RowState state = RowState::waiting;
  std::string note;        // filtered: why it failed, or is repeated
  int queue_position = 0;  // 1 is next; 0: not known
  std::int64_t retry_at_ms = 0;
  TokenCount tokens;  // of finished calls
  CallFigures call;   // the current or last one
  Cost cost{0.0, CostOrigin::reported};
  TextTail words;
  int chunks_done = 0;
  int attempts = 0;  // calls
  std::int64_t chunk_started_ms = 0;
  std::int64_t busy_ms = 0;     // of finished chunks, with retries and the waits between them
  bool listed = false;          // in the summary that was written
  bool retry_reported = false;  // of the current chunk

  // Of all calls, the current one included.
  TokenCount all_tokens() const {
    return is_moving(state) ? TokenCount{tokens.reported, tokens.estimated + call.text_tokens()} : tokens;
  }
};

// Tokens per second of the current or last call, in the output after its first token. Nothing before there are
// enough text.
std::optional<double> tokens_per_second(const RunRow& row);
// `ranking`, and `ranked` of a finished chunk.
std::string_view doing_word(const RunRow& row);
std::string_view done_word(const RunRow& row);
// In quarters of tokens: a token has about four characters of Latin text, or one of any other.
std::int64_t estimated_quarters(std::string_view text);

}  // namespace plenum::client
