// Calls that wait until running calls leave enough of the task's cost cap. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <set>

#include "server/workflow/run/state/budget.h"

namespace plenum::workflow {

class BudgetQueue {
 public:
  enum class Admission : std::uint8_t {
    granted,   // it fits now
    waiting,   // it may fit once a running call has ended
    rejected,  // it never fits: no call runs whose reservation could be freed
  };

  explicit BudgetQueue(double cap_usd) : budget_(cap_usd) {}

  const Budget& budget() const { return budget_; }
  Admission admit(const CallBound& bound) const;
  // The upper bound of a call whose model has no known price: it must never be granted.
  CallBound unknown_bound() const { return {budget_.cap() * 2, 0}; }

  void reserve(StepIndex step, const CallBound& bound);
  // False when the step waits already.
  bool wait(StepIndex step) { return waiting_.insert(step).second; }
  const std::set<StepIndex>& waiting() const { return waiting_; }
  // The call has ended, or never starts.
  void release(StepIndex step, const Cost& cost);
  void renew(StepIndex step, const Cost& failed) { budget_.renew(step, failed); }
  // No further call of the step is made.
  //   failed  cost of its last attempt; unknown: only its prompt counts
  void reject(StepIndex step, const Cost& failed);

 private:
  Budget budget_;
  std::set<StepIndex> waiting_;
};

}  // namespace plenum::workflow
