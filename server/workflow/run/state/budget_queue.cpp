#include "server/workflow/run/state/budget_queue.h"

namespace plenum::workflow {

BudgetQueue::Admission BudgetQueue::admit(const CallBound& bound) const {
  if (budget_.fits(bound)) return Admission::granted;
  return budget_.has_reservations() ? Admission::waiting : Admission::rejected;
}

void BudgetQueue::reserve(StepIndex step, const CallBound& bound) {
  waiting_.erase(step);
  budget_.reserve(step, bound);
}

void BudgetQueue::reject(StepIndex step, const Cost& failed) {
  waiting_.erase(step);
  budget_.settle_failed_attempt(step, failed);
}

void BudgetQueue::release(StepIndex step, const Cost& cost) {
  waiting_.erase(step);
  budget_.settle(step, cost);
}

}  // namespace plenum::workflow
