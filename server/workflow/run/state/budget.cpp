#include "server/workflow/run/state/budget.h"

#include <algorithm>

namespace plenum::workflow {

namespace {

constexpr double tokens_priced = 1e6;
constexpr std::size_t tokens_per_message = 16;  // its role and delimiters
// Sums of prices are inexact: a cap of 0.3 must hold three calls of 0.1.
constexpr double rounding = 1e-9;

Cost cost_of_failed(const CallBound& bound, const Cost& cost) {
  return cost.usd ? cost : Cost{bound.input, CostOrigin::estimated};
}

}  // namespace

CallBound bound_of(const core::ProviderInfo::ModelPrice& price, const core::ChatRequest& request) {
  std::size_t tokens = 0;
  for (const core::ChatMessage& message : request.messages) {
    tokens += message.content.size() + tokens_per_message;
    if (message.attachments == nullptr) continue;
    for (const core::Attachment& attachment : *message.attachments) {
      tokens += static_cast<std::size_t>(attachment.tokens);
    }
  }
  const double highest = std::max(price.input, price.cache_write.value_or(0));
  return {
      static_cast<double>(tokens) * highest / tokens_priced,
      static_cast<double>(request.parameters.max_tokens.value_or(capped_answer_tokens)) * price.output / tokens_priced};
}

bool Budget::fits(const CallBound& bound) const { return !capped() || bound.total() <= left() + rounding; }

void Budget::reserve(StepIndex step, const CallBound& bound) {
  reservations_[step] = bound;
  reserved_ += bound.total();
}

void Budget::settle(StepIndex step, const Cost& cost) {
  const auto reservation = reservations_.find(step);
  if (reservation == reservations_.end()) return;
  reserved_ -= reservation->second.total();
  spent_ += cost.usd.value_or(reservation->second.total());
  reservations_.erase(reservation);
}

void Budget::settle_failed_attempt(StepIndex step, const Cost& cost) {
  const auto reservation = reservations_.find(step);
  if (reservation != reservations_.end()) settle(step, cost_of_failed(reservation->second, cost));
}

bool Budget::affords_retry(StepIndex step, const Cost& failed) const {
  const auto reservation = reservations_.find(step);
  if (reservation == reservations_.end()) return true;
  Budget after = *this;
  after.settle_failed_attempt(step, failed);
  return after.fits(reservation->second);
}

void Budget::renew(StepIndex step, const Cost& failed) {
  const auto reservation = reservations_.find(step);
  if (reservation == reservations_.end()) return;
  const CallBound bound = reservation->second;
  settle_failed_attempt(step, failed);
  reserve(step, bound);
}

}  // namespace plenum::workflow
