// The cost cap of a task: the maximum cost of every call is reserved before the call and replaced by the
// actual cost afterwards. Pure; not thread-safe: one per run.
#pragma once

#include <cstdint>
#include <map>

#include "common/protocol/task_result.h"
#include "server/core/chat.h"
#include "server/core/model_price.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// The maximum cost of one call, in US dollars.
struct CallBound {
  double input = 0;    // of the prompt and the fee of the request; also due for a failed attempt
  double output = 0;   // of the longest answer that the call allows
  int max_tokens = 0;  // of the answer, with reasoning; 0: not limited, because answers cost nothing
  double total() const { return input + output; }
  bool operator==(const CallBound&) const = default;
};

// The prices of one call, and the longest answer that its model can give or its step allows.
struct CallPrice {
  double input = 0;      // US dollars for the prompt and the request
  double per_token = 0;  // US dollars for each token of the answer
  int longest = 0;       // tokens

  CallBound with_answer(std::int64_t tokens) const;
  // The longest answer for which the call costs no more than this; negative if the prompt alone costs more.
  std::int64_t answer_for(double usd) const;
};
// Counts one token per byte of the prompt, which no tokenizer exceeds, plus a fixed overhead per message and for a
// required form of the answer, and the estimates of attachments.
CallPrice price_of_call(const core::ModelPrice& price, const core::ChatRequest& request);

class Budget {
 public:
  explicit Budget(double cap_usd) : cap_(cap_usd) {}  // 0: no cap

  bool capped() const { return cap_ > 0; }
  bool fits(const CallBound& bound) const;
  // At most one reservation per step.
  void reserve(StepIndex step, const CallBound& bound);
  bool has_reservation(StepIndex step) const { return reservations_.contains(step); }
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
