#include "server/provider/limits/circuit_breaker.h"

#include <algorithm>

namespace plenum::provider {

namespace {

// For those who come while a probe is under way: nobody knows how long it will take.
constexpr milliseconds probe_wait{1'000};

}  // namespace

Health health_of(const std::optional<Error>& error) {
  if (!error) return Health::good;
  switch (error->code) {
    case ErrorCode::overloaded:
    case ErrorCode::timeout:
    case ErrorCode::transport:
    case ErrorCode::server:
      return Health::bad;
    case ErrorCode::rate_limit:
    case ErrorCode::billing:
    case ErrorCode::authentication:
    case ErrorCode::invalid_request:
    case ErrorCode::content_filter:
      return Health::good;
    default:
      return Health::neither;
  }
}

std::optional<CircuitBreaker::CallToken> CircuitBreaker::enter(SteadyTime now, Refusal& why) {
  std::lock_guard lock(mutex_);
  if (auto refused = refusal(now)) {
    why = std::move(*refused);
    return std::nullopt;
  }
  probing_ = opened_;
  return CallToken{era_, opened_};
}

std::optional<CircuitBreaker::Refusal> CircuitBreaker::refuses(SteadyTime now) const {
  std::lock_guard lock(mutex_);
  return refusal(now);
}

// With the lock.
std::optional<CircuitBreaker::Refusal> CircuitBreaker::refusal(SteadyTime now) const {
  if (!opened_ || (now >= open_until_ && !probing_)) return std::nullopt;
  return Refusal{failures_, last_, probing_ ? probe_wait : std::chrono::ceil<milliseconds>(open_until_ - now)};
}

bool CircuitBreaker::settle(CallToken pass, Health health, std::string_view why, SteadyTime now) {
  std::lock_guard lock(mutex_);
  if (pass.era != era_) return false;
  if (pass.probe) probing_ = false;
  if (health == Health::good) {
    failures_ = 0;
    if (pass.probe) {
      opened_ = false;
      ++era_;
    }
  } else if (health == Health::bad) {
    ++failures_;
    last_ = why;
    if (pass.probe || failures_ >= options_.failures_max) {
      open(now);
      return true;
    }
  }
  return false;
}

void CircuitBreaker::open(SteadyTime now) {
  opened_ = true;
  open_until_ = now + options_.open;
  ++era_;
}

CircuitBreaker::State CircuitBreaker::state(SteadyTime now) const {
  std::lock_guard lock(mutex_);
  if (!opened_) return State::closed;
  return now < open_until_ ? State::open : State::half_open;
}

std::string_view name_of(CircuitBreaker::State state) {
  constexpr std::string_view names[] = {"closed", "open", "half_open"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace plenum::provider
