#include "server/provider/limits/retry_policy.h"

#include <algorithm>

namespace plenum::provider {

namespace {

constexpr milliseconds first_wait{500};
constexpr milliseconds wait_max{8'000};
constexpr milliseconds wait_min{50};  // full jitter may draw 0
// A longer Retry-After means that the quota is exhausted; a task without a deadline must not wait for it.
constexpr milliseconds retry_after_max{300'000};

bool is_retryable(ErrorCode code) {
  return code == ErrorCode::rate_limit || code == ErrorCode::overloaded || code == ErrorCode::timeout ||
         code == ErrorCode::transport || code == ErrorCode::server;
}

milliseconds jittered_wait(int attempt, double random) {
  auto ceiling = first_wait;
  for (int i = 1; i < attempt && ceiling < wait_max; ++i) ceiling *= 2;
  const auto jittered = static_cast<std::int64_t>(static_cast<double>(std::min(ceiling, wait_max).count()) * random);
  return std::max(milliseconds(jittered), wait_min);
}

}  // namespace

std::optional<milliseconds> retry_wait(const Error& error, const Attempt& attempt, double random) {
  if (attempt.any_delta || attempt.number > attempt.retries_max || !is_retryable(error.code)) return std::nullopt;
  const auto wait = error.retry_after ? std::max(*error.retry_after, milliseconds(0))  //
                                      : jittered_wait(attempt.number, random);
  if (wait > retry_after_max || wait >= attempt.due - attempt.now) return std::nullopt;
  return wait;
}

bool RetryBudget::take() {
  int seen = tenths_.load(std::memory_order_relaxed);
  while (seen >= 10) {
    if (tenths_.compare_exchange_weak(seen, seen - 10, std::memory_order_relaxed)) return true;
  }
  return false;
}

void RetryBudget::on_success() {
  int seen = tenths_.load(std::memory_order_relaxed);
  while (seen < tenths_max && !tenths_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
  }
}

}  // namespace plenum::provider
