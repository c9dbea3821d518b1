// Decides whether a call is made again without the parameters that the provider rejected. Such a repetition is no
// retry: it starts at once, and neither the retry budget, nor retries_max, nor the circuit breaker counts it.
// Pure. Not thread-safe: one per call.
#pragma once

#include "server/core/parameter_form.h"

namespace plenum::provider {

class ParameterFallback {
 public:
  // True if the call should be made again: each form is rejected once at most, and the token limit lowered twice (to
  // the maximum of the model, and to the space that the prompt does not use).
  bool apply(const core::ModelRestrictions& rejected) {
    const bool new_forms = !rejected.rejected.without(own_.rejected).empty();
    const bool lowered = rejected.max_tokens && (!own_.max_tokens || *rejected.max_tokens < *own_.max_tokens);
    if (!new_forms && (!lowered || ++lowerings_ > lowerings_max)) return false;
    own_ = own_.with(rejected);
    return true;
  }
  // What this call must not contain, in addition to what the model is known to reject.
  const core::ModelRestrictions& restrictions() const { return own_; }

 private:
  static constexpr int lowerings_max = 2;

  core::ModelRestrictions own_;
  int lowerings_ = 0;
};

}  // namespace plenum::provider
