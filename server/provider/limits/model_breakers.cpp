#include "server/provider/limits/model_breakers.h"

#include <algorithm>
#include <utility>

namespace plenum::provider {

using State = CircuitBreaker::State;

std::optional<ModelBreakers::Permit> ModelBreakers::try_acquire(std::string_view model, SteadyTime now,
                                                                CircuitBreaker::Rejection& why) {
  const MutexLock lock(mutex_);
  // A call in flight reports to its row later, and an open breaker protects its model.
  auto* row = models_.find_or_add(model, [now](const Model& candidate) {
    return candidate.in_flight == 0 && candidate.breaker.state(now) != State::open;
  });
  if (row == nullptr) return Permit{std::string(model), {}, false};
  const auto token = row->breaker.try_acquire(now, why);
  if (!token) return std::nullopt;
  ++row->in_flight;
  return Permit{std::string(model), *token};
}

bool ModelBreakers::report(const Permit& permit, Outcome outcome, std::string_view error, SteadyTime now) {
  if (!permit.tracked) return false;
  const MutexLock lock(mutex_);
  auto& row = *models_.find(permit.model);  // a row with calls in flight is not dropped
  --row.in_flight;
  if (outcome == Outcome::success) row.succeeded = now;
  auto options = options_;
  if (all_open_except(permit.model)) options.failures_max = 1;
  return row.breaker.report(permit.token, outcome, error, now, options);
}

std::optional<CircuitBreaker::Rejection> ModelBreakers::rejection(std::string_view model, SteadyTime now) const {
  const MutexLock lock(mutex_);
  const auto* row = models_.find(model);
  return row == nullptr ? std::nullopt : row->breaker.rejection(now);
}

bool ModelBreakers::all_open_except(std::string_view model) const {
  int open = 0;
  SteadyTime first_opened = SteadyTime::max();
  models_.each([&](const std::string&, const Model& row) {
    if (!row.breaker.opened_at()) return;
    ++open;
    first_opened = std::min(first_opened, *row.breaker.opened_at());
  });
  if (open < 2) return false;
  bool any_works = false;
  models_.each([&](const std::string& name, const Model& row) {
    if (row.breaker.opened_at() || name == model) return;
    any_works |= row.in_flight > 0 || row.succeeded >= first_opened;
  });
  return !any_works;
}

ModelBreakers::Status ModelBreakers::status(SteadyTime now) const {
  const MutexLock lock(mutex_);
  Status status;
  bool any_tried = false;  // by a trial call, or ready for one
  std::optional<milliseconds> soonest;
  models_.each([&](const std::string& model, const Model& row) {
    any_tried |= row.breaker.state(now) == State::half_open;
    const auto rejection = row.breaker.rejection(now);
    if (!rejection) return;
    status.open_models.push_back(model);
    soonest = std::min(soonest.value_or(rejection->retry_in), rejection->retry_in);
  });
  if (models_.size() != 1 && !all_open_except({})) return status;
  status.state = any_tried ? State::half_open : soonest ? State::open : State::closed;
  status.retry_in = soonest.value_or(milliseconds(0));
  return status;
}

}  // namespace plenum::provider
