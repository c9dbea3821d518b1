#include "server/provider/limits/retry_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace plenum::provider {

namespace {

constexpr milliseconds first_wait{500};
constexpr milliseconds wait_max{8'000};
constexpr milliseconds wait_min{50};  // full jitter may draw 0
// A longer Retry-After means that the quota is exhausted; a task without a deadline must not wait for it.
constexpr std::chrono::seconds requested_wait_max{300};

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

RetryDecision no_retry(std::string reason) { return {std::nullopt, false, std::move(reason)}; }

}  // namespace

RetryDecision decide_retry(const Error& error, const Attempt& attempt, double random) {
  if (!is_retryable(error.code)) return {};
  if (attempt.any_delta) return no_retry("not retried: a part of the answer was received");
  if (attempt.number > attempt.retries_max) {
    return attempt.number == 1 ? RetryDecision{} : no_retry(fmt::format("failed {} times", attempt.number));
  }
  const bool requested = error.retry_after.has_value();
  const auto wait = requested ? std::max(*error.retry_after, milliseconds(0)) : jittered_wait(attempt.number, random);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  if (wait > requested_wait_max) {
    return no_retry(fmt::format("not retried: the provider requests a wait of {} s, more than {} s", seconds,
                                requested_wait_max.count()));
  }
  if (wait >= attempt.due - attempt.now) {
    return requested ? no_retry(fmt::format(
                           "not retried: the provider requests a wait of {} s, longer than the time left", seconds))
                     : no_retry("not retried: no time is left");
  }
  return {wait, requested};
}

}  // namespace plenum::provider
