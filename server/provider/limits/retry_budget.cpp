#include "server/provider/limits/retry_budget.h"

#include <algorithm>
#include <cstdint>

namespace plenum::provider {

namespace {

constexpr int tenths_per_retry = 10;

}  // namespace

bool RetryBudget::take(SteadyTime now) {
  const MutexLock lock(mutex_);
  refill(now);
  if (tenths_ < tenths_per_retry) return false;
  tenths_ -= tenths_per_retry;
  return true;
}

void RetryBudget::on_success() {
  const MutexLock lock(mutex_);
  tenths_ = std::min(tenths_ + 1, tenths_max);
}

// A full budget does not save up time.
void RetryBudget::refill(SteadyTime now) {
  const auto periods = std::max<std::int64_t>((now - refilled_) / refill_period, 0);
  const auto wanted = (tenths_max - tenths_) / tenths_per_retry;
  if (periods > wanted) {
    refilled_ = now;
  } else {
    refilled_ += periods * refill_period;
  }
  tenths_ = static_cast<int>(std::min<std::int64_t>(tenths_ + periods * tenths_per_retry, tenths_max));
}

}  // namespace plenum::provider
