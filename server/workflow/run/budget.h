// What a task may cost: every call's worst case is reserved before it is made, and becomes what it really
// cost when it has ended. Pure; not thread-safe: one for each run.
#pragma once

#include <map>
#include <optional>

#include "common/protocol/task_result.h"
#include "server/core/chat.h"
#include "server/core/provider.h"

namespace plenum::workflow {

// Under a cap an answer may have so many tokens where its step says nothing.
inline constexpr int capped_answer_tokens = 4096;

// The worst case of one call, in US dollars.
struct CallBound {
  double input = 0;   // what the prompt costs: also of an attempt that fails
  double output = 0;  // what the longest answer costs
  double total() const { return input + output; }
};
// No tokenizer makes more tokens of a text than it has bytes; every message may cost some more. The request
// must have its max_tokens.
CallBound bound_of(const core::ProviderInfo::ModelPrice& price, const core::ChatRequest& request);

class Budget {
 public:
  explicit Budget(double cap_usd) : cap_(cap_usd) {}  // 0: no cap

  bool capped() const { return cap_ > 0; }
  // False when it does not fit beside what is spent and reserved. One reservation for each step at a time.
  bool reserve(int step, const CallBound& bound);
  // A call that was made in an earlier run holds its place, whether it fits or not.
  void hold(int step, const CallBound& bound);
  // The call has ended. What it cost is unknown for one that was broken off: then all of it counts.
  void settle(int step, const Cost& cost);
  // The attempt failed before its first token, and the next one is reserved in its place. False when that
  // does not fit any more; then nothing is reserved.
  bool reserve_again(int step, const Cost& failed);

  double cap() const { return cap_; }
  double left() const { return cap_ - spent_ - reserved_; }
  bool waits_for_none() const { return held_.empty(); }  // no reservation that could leave something

 private:
  const double cap_;
  double spent_ = 0, reserved_ = 0;
  std::map<int, CallBound> held_;  // by step
};

}  // namespace plenum::workflow
