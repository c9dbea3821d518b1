#include "server/workflow/run/state/budget.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plenum::workflow {

namespace {

constexpr double tokens_priced = 1e6;
constexpr std::int64_t tokens_per_message = 16;  // its role and delimiters
// Some protocols describe a required form of the answer as a tool, with instructions of their own.
constexpr std::int64_t tokens_per_form = 1024;
// For a model whose longest answer is unknown; providers reject values that they do not support.
constexpr int longest_of_unknown = 32'768;
// Sums of prices are inexact: a cap of 0.3 must hold three calls of 0.1.
constexpr double rounding = 1e-9;

Cost cost_of_failed(const CallBound& bound, const Cost& cost) {
  return cost.usd ? cost : Cost{bound.input, CostOrigin::estimated};
}

std::int64_t prompt_tokens_max(const core::ChatRequest& request) {
  std::int64_t tokens = 0;
  for (const core::ChatMessage& message : request.messages) {
    tokens += static_cast<std::int64_t>(message.content.size()) + tokens_per_message;
    if (message.attachments == nullptr) continue;
    for (const core::Attachment& attachment : *message.attachments) tokens += attachment.tokens;
  }
  for (const auto* form : {&request.parameters.response_format, &request.answer_schema}) {
    if (*form) tokens += static_cast<std::int64_t>((*form)->schema_json.size()) + tokens_per_form;
  }
  return tokens;
}

int longest_answer(const core::ModelPrice& price, const core::ChatRequest& request, std::int64_t prompt_tokens) {
  std::int64_t longest = price.max_output > 0 ? price.max_output : longest_of_unknown;
  // Many servers reject a request whose prompt and token limit together exceed the context. The prompt has fewer tokens
  // than bytes, so a small limit is always worth a try.
  if (price.context > 0) longest = std::min(longest, std::max<std::int64_t>(price.context - prompt_tokens, 4096));
  if (const auto& set = request.parameters.max_tokens) longest = std::min<std::int64_t>(longest, *set);
  return static_cast<int>(longest);
}

}  // namespace

CallBound CallPrice::with_answer(std::int64_t tokens) const {
  return {input, static_cast<double>(tokens) * per_token, static_cast<int>(tokens)};
}

std::int64_t CallPrice::answer_for(double usd) const {
  if (per_token <= 0) return usd + rounding >= input ? longest : -1;
  const double tokens = std::trunc((usd + rounding - input) / per_token);
  return static_cast<std::int64_t>(std::clamp(tokens, -1.0, static_cast<double>(std::numeric_limits<int>::max())));
}

CallPrice price_of_call(const core::ModelPrice& price, const core::ChatRequest& request) {
  const std::int64_t prompt_tokens = prompt_tokens_max(request);
  double input = std::max(price.input, price.cache_write.value_or(0)), output = price.output;
  if (price.long_context && prompt_tokens > price.long_context->above) {
    // Writing to the cache is dearer by the same factor as elsewhere.
    input = price.long_context->input * (price.input > 0 ? input / price.input : 1);
    output = std::max(output, price.long_context->output);
  }
  return {static_cast<double>(prompt_tokens) * input / tokens_priced + price.request, output / tokens_priced,
          longest_answer(price, request, prompt_tokens)};
}

bool Budget::fits(const CallBound& bound) const { return !capped() || bound.total() <= left() + rounding; }

void Budget::reserve(StepIndex step, const CallBound& bound) {
  reservations_[step] = bound;
  reserved_ += bound.total();
}

void Budget::settle(StepIndex step, const Cost& cost) {
  const auto reservation = reservations_.find(step);
  if (reservation == reservations_.end()) {
    spent_ += cost.usd.value_or(0);
    return;
  }
  reserved_ -= reservation->second.total();
  spent_ += cost.usd.value_or(reservation->second.total());
  reservations_.erase(reservation);
}

void Budget::settle_failed_attempt(StepIndex step, const Cost& cost) {
  const auto reservation = reservations_.find(step);
  settle(step, reservation == reservations_.end() ? cost : cost_of_failed(reservation->second, cost));
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
