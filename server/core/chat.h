// A conversation with one model in neutral form: adapters turn it into each vendor's JSON and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/task_result.h"

namespace plenum::core {

struct ChatMessage {
  enum class Role : std::uint8_t { system, user, assistant };
  Role role = Role::user;
  std::string content;
};

struct ChatRequest {
  std::string model;
  std::vector<ChatMessage> messages;
  std::optional<double> temperature;
  std::optional<int> max_tokens;
};

// How one call ended.
struct ChatEnd {
  bool ok = false;
  std::string finish_reason;  // as the provider said it: stop, length, …; empty when none came
  Usage usage;
  Cost cost;
  std::optional<Error> error;  // set exactly when not ok
};

// Who listens to a call. All calls come on the loop on which the call was started, never from inside
// Provider::start, and none after on_end or after the ChatCall was destroyed. A listener may destroy
// the ChatCall from inside a callback.
class ChatListener {
 public:
  virtual ~ChatListener() = default;
  virtual void on_text(std::string_view delta) = 0;       // whole UTF-8 sequences, never empty
  virtual void on_reasoning(std::string_view delta) = 0;  // likewise
  virtual void on_end(ChatEnd end) = 0;                   // exactly once unless aborted
};

}  // namespace plenum::core
