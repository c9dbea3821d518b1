// A conversation with one model in neutral form: adapters turn it into each vendor's JSON and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/protocol/task_result.h"

namespace plenum::core {

struct ChatMessage {
  enum class Role : std::uint8_t { system, user, assistant };
  Role role = Role::user;
  std::string content;
};

// How long an attempt may wait for what; zero: as long as the provider's own settings say.
struct ChatDeadlines {
  std::chrono::milliseconds connect{0};      // to find the name, and again to connect
  std::chrono::milliseconds first_token{0};  // from the attempt's start to its first text or reasoning
  std::chrono::milliseconds idle{0};         // silence in the middle of the answer
};

struct ChatRequest {
  std::string model;
  std::vector<ChatMessage> messages;
  std::optional<double> temperature;
  std::optional<int> max_tokens;
  ChatDeadlines deadlines;
  // No retry is waited for past either: the time that all attempts have together, from the beginning of
  // the first one (zero: no bound), and the moment after which nobody wants the answer.
  std::chrono::milliseconds budget{0};
  SteadyTime due = SteadyTime::max();
};

// Something on the way to an answer that people should know of.
struct ChatNotice {
  enum class Kind : std::uint8_t {
    queued,    // the provider takes no further call now; `position` calls, this one included, wait for it
    begun,     // an attempt goes to the provider; the time that the call waited in the queue is over
    retrying,  // the attempt failed before its first token; the next one begins after `wait`
  };
  Kind kind = Kind::begun;
  int attempt = 1;   // begun: its number, from 1; retrying: of the attempt that failed
  int position = 0;  // queued: 1 is next
  std::chrono::milliseconds wait{0};
  std::optional<Error> error;  // retrying: why the attempt failed
  Usage usage;                 // retrying: of the attempt that failed
  Cost cost;                   // likewise
};

// How one call ended: its last attempt.
struct ChatEnd {
  bool ok = false;
  std::string finish_reason;  // as the provider said it: stop, length, …; empty when none came
  bool cut_short = false;     // whole, but the model stopped at its token limit
  Usage usage;
  Cost cost;
  std::optional<Error> error;        // set exactly when not ok
  std::vector<SourceRef> sources{};  // of a search
};

// Who listens to a call. All calls come on the loop on which the call was started, never from inside
// Provider::start, and none after on_end or after the ChatCall was destroyed. A listener may destroy
// the ChatCall from inside a callback.
class ChatListener {
 public:
  virtual ~ChatListener() = default;
  virtual void on_text(std::string_view delta) = 0;       // whole UTF-8 sequences, never empty
  virtual void on_reasoning(std::string_view delta) = 0;  // likewise
  virtual void on_notice(const ChatNotice& notice) { (void)notice; }
  virtual void on_end(ChatEnd end) = 0;  // exactly once unless aborted
};

}  // namespace plenum::core
