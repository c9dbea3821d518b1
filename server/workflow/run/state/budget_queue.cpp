#include "server/workflow/run/state/budget_queue.h"

#include <algorithm>

namespace plenum::workflow {

BudgetQueue::Admission BudgetQueue::admit(const CallPrice& price, int calls) const {
  using enum Admission::Verdict;
  const double left = budget_.left();
  if (price.per_token <= 0) {
    CallBound bound = price.with_answer(0);
    const auto otherwise = budget_.has_reservations() ? waiting : rejected;
    return {budget_.fits(bound) ? granted : otherwise, bound};
  }
  const std::int64_t share = price.answer_for(left / std::max(calls, 1)), all = price.answer_for(left);
  const std::int64_t wanted = std::min<std::int64_t>(price.longest, std::max<std::int64_t>(share, ample_answer_tokens));
  if (wanted <= all) return {granted, price.with_answer(wanted)};
  if (budget_.has_reservations()) return {waiting, price.with_answer(wanted)};
  const std::int64_t least = std::min(price.longest, least_answer_tokens);
  if (least > all) return {rejected, price.with_answer(least)};
  return {granted, price.with_answer(std::min<std::int64_t>(price.longest, std::max(share, least)))};
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
