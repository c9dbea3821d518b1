// A model call in neutral form: provider protocols translate it into each vendor's JSON and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/protocol/model_parameters.h"
#include "common/protocol/task_result.h"
#include "server/core/attachment.h"
#include "server/core/parameter_form.h"

namespace plenum::core {

struct ChatMessage {
  enum class Role : std::uint8_t { system, user, assistant };
  Role role = Role::user;
  std::string content;
  Attachments attachments{};  // of a user message; null: none
};

// Timeouts of one attempt; zero: the setting of the provider.
struct ChatDeadlines {
  std::chrono::milliseconds connect{0};      // DNS lookup, and again the connection
  std::chrono::milliseconds first_token{0};  // from the start of the attempt to the first text or reasoning
  std::chrono::milliseconds idle{0};         // between two pieces of the response
};

struct ChatRequest {
  std::string model;
  // Models to call instead, in this order, if the provider does not have `model`: the further default models, if no
  // model was named. Not called under max_tokens_required, because their price may be higher.
  std::vector<std::string> substitutes;
  std::vector<ChatMessage> messages;
  ModelParameters parameters;
  // The cost of the call was bounded by parameters.max_tokens: the call must not be made without it.
  bool max_tokens_required = false;
  // The form of answer that the step parses. Sent where the provider is known to enforce it (ProviderInfo::
  // structured_output) and has not rejected it; elsewhere the prompt alone describes the form. An explicit
  // parameters.response_format takes precedence.
  std::optional<ResponseFormat> answer_schema;
  ModelRestrictions restrictions;  // set by the provider module: what the model rejected before
  ChatDeadlines deadlines;
  // No retry starts later than either: `budget` is the time for all attempts together, from the start of the
  // first one (zero: unlimited), `due` the deadline of the caller.
  std::chrono::milliseconds budget{0};
  SteadyTime due = SteadyTime::max();
};

// Progress of a call that users should see.
struct ChatNotice {
  enum class Kind : std::uint8_t {
    queued,    // the call waits for the limits of the provider, at `position` of the queue
    begun,     // an attempt starts; the queue time is over
    retrying,  // the attempt failed before its first token; the next one starts after `wait`
  };
  Kind kind = Kind::begun;
  int attempt = 1;   // begun: its number, from 1; retrying: the number of the failed attempt
  int position = 0;  // queued: 1 is next
  std::chrono::milliseconds wait{0};
  std::optional<Error> error;  // retrying: why the attempt failed
  // retrying: the parameters that the provider rejected, separated by commas: the next attempt starts at once, without
  // them or with an accepted value. Empty: the attempt failed for another reason.
  std::string parameter;
  Usage usage;            // retrying: of the failed attempt
  Cost cost;              // likewise
  Generation generation;  // likewise
  // retrying: the provider does not have the requested model; the next attempt is made with this one, at once.
  std::string next_model;
};

// How one call ended: its last attempt.
struct ChatEnd {
  bool ok = false;
  std::string finish_reason;  // as sent by the provider: stop, length, …; empty: none
  bool cut_short = false;     // complete, but the model stopped at its token limit
  Usage usage;
  Cost cost;
  std::optional<Error> error;                      // set exactly when not ok
  std::vector<SourceRef> sources{};                // of a search, or cited by the model; at most answer_sources_max
  bool any_delta = false;                          // text or reasoning was emitted
  std::vector<std::string> omitted_attachments{};  // names of those that the model does not accept, and was not sent
  Generation generation{};                         // as the provider identifies the response
  // The response ended in order: an error is about this answer, and not about the health of the provider.
  bool orderly = false;
  // ok, but the text may be incomplete: reported with the answer, and the result is degraded.
  std::optional<Error> warning{};
};

// Receives the deltas of a call. Callbacks run on the loop that started the call, never from inside start(),
// and never after the call has ended or was destroyed. A listener may destroy the call from inside a callback.
class DeltaListener {
 public:
  virtual ~DeltaListener() = default;
  virtual void on_text(std::string_view delta) = 0;       // whole UTF-8 sequences, never empty
  virtual void on_reasoning(std::string_view delta) = 0;  // likewise
};

// Receives everything about a call, under the same rules.
class ChatListener : public DeltaListener {
 public:
  virtual void on_notice(const ChatNotice& notice) { (void)notice; }
  virtual void on_end(ChatEnd end) = 0;  // exactly once, unless the call was destroyed
};

}  // namespace plenum::core
