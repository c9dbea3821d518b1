#include "server/workflow/run/budget.h"

#include <algorithm>

namespace plenum::workflow {

namespace {

constexpr double tokens_priced = 1e6;
constexpr std::size_t tokens_of_a_message = 16;  // its role, and the marks around it
// Sums of prices are not exact; a cap of 0.3 holds three calls of 0.1.
constexpr double rounding = 1e-9;

}  // namespace

CallBound bound_of(const core::ProviderInfo::ModelPrice& price, const core::ChatRequest& request) {
  std::size_t tokens = 0;
  for (const core::ChatMessage& message : request.messages) tokens += message.content.size() + tokens_of_a_message;
  const double dearest = std::max(price.input, price.cache_write.value_or(0));
  return {static_cast<double>(tokens) * dearest / tokens_priced,
          static_cast<double>(request.max_tokens.value_or(capped_answer_tokens)) * price.output / tokens_priced};
}

bool Budget::reserve(int step, const CallBound& bound) {
  if (capped() && bound.total() > left() + rounding) return false;
  hold(step, bound);
  return true;
}

void Budget::hold(int step, const CallBound& bound) {
  held_[step] = bound;
  reserved_ += bound.total();
}

void Budget::settle(int step, const Cost& cost) {
  const auto held = held_.find(step);
  if (held == held_.end()) return;
  reserved_ -= held->second.total();
  spent_ += cost.usd.value_or(held->second.total());
  held_.erase(held);
}

bool Budget::reserve_again(int step, const Cost& failed) {
  const auto held = held_.find(step);
  if (held == held_.end()) return true;
  const CallBound bound = held->second;
  settle(step, failed.usd ? failed : Cost{bound.input, CostOrigin::estimated});
  return reserve(step, bound);
}

}  // namespace plenum::workflow
