// The cost cap of a task: the maximum cost of every call is reserved before the call and replaced by the
// actual cost afterwards. Pure; not thread-safe: one per run.
#pragma once

#include <map>

#include "common/protocol/task_result.h"
#include "server/core/chat.h"
#include "server/core/provider.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// Output tokens of a call under a cap when its step sets no limit.
inline constexpr int capped_answer_tokens = 4096;

// The maximum cost of one call, in US dollars.
struct CallBound {
  double input = 0;   // of the prompt; also due for a failed attempt
  double output = 0;  // of the longest possible answer
  double total() const { return input + output; }
};
// Counts one token per byte, which no tokenizer exceeds, plus a fixed overhead per message and the estimates of
// attachments. The request must have max_tokens.
CallBound bound_of(const core::ProviderInfo::ModelPrice& price, const core::ChatRequest& request);

class Budget {
 public:
  explicit Budget(double cap_usd) : cap_(cap_usd) {}  // 0: no cap

  bool capped() const { return cap_ > 0; }
  bool fits(const CallBound& bound) const;
  // At most one reservation per step.
  void reserve(StepIndex step, const CallBound& bound);
  // The call has ended. Its whole reservation counts as spent when the cost is unknown.
  void settle(StepIndex step, const Cost& cost);
  // An attempt failed before its first token. Of an unknown cost, only the prompt counts.
  void settle_failed_attempt(StepIndex step, const Cost& cost);
  // Whether the same call fits once more after an attempt with this cost failed.
  bool affords_retry(StepIndex step, const Cost& failed) const;
  // Replaces the reservation of a failed attempt by an equal one for the next attempt.
  void renew(StepIndex step, const Cost& failed);

  double cap() const { return cap_; }
  double left() const { return cap_ - spent_ - reserved_; }
  bool has_reservations() const { return !reservations_.empty(); }

 private:
  const double cap_;
  double spent_ = 0, reserved_ = 0;
  std::map<StepIndex, CallBound> reservations_;
};

}  // namespace plenum::workflow
