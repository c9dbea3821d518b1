#include "server/provider/limits/circuit_breaker.h"

#include <utility>

namespace plenum::provider {

namespace {

// For calls during a trial, whose duration is unknown.
constexpr milliseconds retry_in_during_trial{1'000};

}  // namespace

Outcome outcome_of(const std::optional<Error>& error, bool orderly) {
  if (!error) return Outcome::success;
  if (orderly) return Outcome::ignored;
  switch (error->code) {
    case ErrorCode::overloaded:
    case ErrorCode::timeout:
    case ErrorCode::transport:
    case ErrorCode::server:
      return Outcome::failure;
    case ErrorCode::rate_limit:
    case ErrorCode::billing:
    case ErrorCode::authentication:
    case ErrorCode::content_filter:
      return Outcome::success;
    default:
      return Outcome::ignored;
  }
}

std::optional<CircuitBreaker::CallToken> CircuitBreaker::try_acquire(SteadyTime now, Rejection& why) {
  if (auto rejected = rejection(now)) {
    why = std::move(*rejected);
    return std::nullopt;
  }
  trial_running_ = opened_at_.has_value();
  return CallToken{generation_, trial_running_};
}

std::optional<CircuitBreaker::Rejection> CircuitBreaker::rejection(SteadyTime now) const {
  if (!opened_at_ || (now >= open_until_ && !trial_running_)) return std::nullopt;
  return Rejection{failures_, last_error_,
                   trial_running_ ? retry_in_during_trial : std::chrono::ceil<milliseconds>(open_until_ - now)};
}

bool CircuitBreaker::report(CallToken token, Outcome outcome, std::string_view error, SteadyTime now,
                            const CircuitBreakerOptions& options) {
  if (token.generation != generation_) return false;
  if (token.trial) trial_running_ = false;
  if (outcome == Outcome::success) {
    failures_ = 0;
    if (token.trial) {
      opened_at_.reset();
      ++generation_;
    }
  } else if (outcome == Outcome::failure) {
    ++failures_;
    last_error_ = error;
    if (token.trial || failures_ >= options.failures_max) {
      open(now, options.cooldown);
      return true;
    }
  }
  return false;
}

void CircuitBreaker::open(SteadyTime now, milliseconds cooldown) {
  if (!opened_at_) opened_at_ = now;
  open_until_ = now + cooldown;
  ++generation_;
}

CircuitBreaker::State CircuitBreaker::state(SteadyTime now) const {
  if (!opened_at_) return State::closed;
  return now < open_until_ ? State::open : State::half_open;
}

std::string_view name_of(CircuitBreaker::State state) {
  constexpr std::string_view names[] = {"closed", "open", "half_open"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace plenum::provider
