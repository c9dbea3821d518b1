#include "server/provider/limits/rate_limiter.h"

#include <algorithm>
#include <cstdint>

namespace plenum::provider {

RateLimiter::RateLimiter(int requests_per_minute) {
  if (requests_per_minute <= 0) return;
  tokens_max_ = std::max(1, requests_per_minute / 6);
  tokens_ = tokens_max_;
  // A full bucket plus the tokens of the rest of the minute must not exceed the limit.
  period_ = std::chrono::nanoseconds(std::chrono::minutes(1)) / (requests_per_minute - tokens_max_ + 1);
}

void RateLimiter::refill(SteadyTime now) {
  if (tokens_ >= tokens_max_ || now < refilled_) {
    refilled_ = std::max(refilled_, now);
    return;
  }
  const auto added = std::min<std::int64_t>((now - refilled_) / period_, tokens_max_ - tokens_);
  tokens_ += static_cast<int>(added);
  refilled_ = tokens_ == tokens_max_ ? now : refilled_ + added * period_;
}

bool RateLimiter::try_acquire(SteadyTime now) {
  if (period_.count() == 0) return true;
  refill(now);
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

void RateLimiter::refund() { tokens_ = std::min(tokens_ + 1, tokens_max_); }

SteadyTime RateLimiter::next_token(SteadyTime now) const {
  return period_.count() == 0 || tokens_ > 0 ? now : refilled_ + period_;
}

}  // namespace plenum::provider
