#include "server/provider/limits/retry_policy.h"

#include <algorithm>

namespace plenum::provider {

namespace {

constexpr milliseconds first_wait{500};
constexpr milliseconds wait_max{8'000};
constexpr milliseconds wait_min{50};  // full jitter may draw 0, which would be no wait at all
// A provider that asks for more than this has no room today; a task without a deadline must not hang on it.
constexpr milliseconds named_wait_max{300'000};

bool may_help(ErrorCode code) {
  return code == ErrorCode::rate_limit || code == ErrorCode::overloaded || code == ErrorCode::timeout ||
         code == ErrorCode::transport || code == ErrorCode::server;
}

milliseconds drawn_wait(int attempt, double random) {
  auto ceiling = first_wait;
  for (int i = 1; i < attempt && ceiling < wait_max; ++i) ceiling *= 2;
  const auto drawn = static_cast<std::int64_t>(static_cast<double>(std::min(ceiling, wait_max).count()) * random);
  return std::max(milliseconds(drawn), wait_min);
}

}  // namespace

std::optional<milliseconds> retry_wait(const Error& error, const Attempt& attempt, double random) {
  if (attempt.delta_shown || attempt.number > attempt.retries_max || !may_help(error.code)) return std::nullopt;
  const auto wait = error.retry_after ? std::max(*error.retry_after, milliseconds(0))  //
                                      : drawn_wait(attempt.number, random);
  if (wait > named_wait_max || wait >= attempt.due - attempt.now) return std::nullopt;
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
