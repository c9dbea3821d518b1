// Divides the task's cost cap among its calls; calls wait until running ones leave enough of it. Pure; not thread-safe.
// Why it is divided so: docs/decisions/0024-a-cost-cap-limits-every-answer.md.
#pragma once

#include <cstdint>
#include <set>

#include "server/workflow/run/state/budget.h"

namespace plenum::workflow {

// An answer of this length is rarely cut; calls rather wait for each other than get less.
inline constexpr int ample_answer_tokens = 4096;
// A shorter answer is of no use.
inline constexpr int least_answer_tokens = 256;

class BudgetQueue {
 public:
  struct Admission {
    enum class Verdict : std::uint8_t {
      granted,   // it fits now
      waiting,   // it may fit once a running call has ended
      rejected,  // it never fits: no call runs whose reservation could be freed
    };
    Verdict verdict = Verdict::rejected;
    CallBound bound{};  // to reserve, if it is granted; otherwise what the call would need
  };

  explicit BudgetQueue(double cap_usd) : budget_(cap_usd) {}

  const Budget& budget() const { return budget_; }
  //   calls  that are still to be made, this one included; those with a reservation do not count
  Admission admit(const CallPrice& price, int calls) const;

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
