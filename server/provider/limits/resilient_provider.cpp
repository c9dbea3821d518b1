#include "server/provider/limits/resilient_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/provider/limits/parameter_fallback.h"
#include "server/provider/limits/retry_policy.h"
#include "server/provider/prices/price_book.h"

namespace plenum::provider {

using core::ChatEnd;
using core::ChatNotice;

// Deltas go from the client straight to the listener. Each function calls the listener last: it may destroy the call.
class ResilientProvider::Call final : public core::ChatCall,
                                      private core::AttemptListener,
                                      private ConcurrencyLimiter::Waiter {
 public:
  Call(ResilientProvider& provider, core::ChatRequest request, core::ChatListener& listener)
      : provider_(provider), limits_(provider.limits_), listener_(listener), request_(std::move(request)) {
    acquire_after(milliseconds(0));  // no callback runs inside start()
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    attempt_.reset();
    release(Outcome::ignored, {});
  }

 private:
  SteadyTime now() const { return provider_.loop_.clock().steady(); }
  void acquire_after(milliseconds wait);
  void acquire();
  void begin();
  void release(Outcome outcome, std::string_view error);
  bool repeat(core::AttemptEnd& attempt);
  bool may_substitute() const { return !request_.substitutes.empty() && !request_.max_tokens_required; }
  void take_substitute();
  bool substitute(core::AttemptEnd& attempt);
  bool retry(ChatEnd& end);
  void start_next(ChatNotice notice, ChatEnd& end);
  void reject(const CircuitBreaker::Rejection& rejection);
  void fail(Error error);

  void on_queue_position(int position) override;
  void on_granted() override { begin(); }
  void on_revalidate() override;
  void on_attempt_end(core::AttemptEnd attempt) override;

  ResilientProvider& provider_;
  ProviderLimits& limits_;
  core::ChatListener& listener_;
  core::ChatRequest request_;
  int number_ = 1;       // of the attempt
  int repetitions_ = 0;  // attempts without a rejected parameter, or with another model; they are no retries
  bool substituted_ = false;
  ParameterFallback fallback_;
  runtime::TimerId timer_ = 0;
  std::unique_ptr<ConcurrencyLimiter::Slot> slot_;
  std::optional<ModelBreakers::Permit> permit_;
  std::unique_ptr<core::ChatCall> attempt_;
};

void ResilientProvider::Call::acquire_after(milliseconds wait) {
  timer_ = provider_.loop_.after(wait, [this] {
    timer_ = 0;
    acquire();
  });
}

// The next default model takes the place of one that the provider does not have.
void ResilientProvider::Call::take_substitute() {
  request_.model = std::move(request_.substitutes.front());
  request_.substitutes.erase(request_.substitutes.begin());
  substituted_ = true;
}

void ResilientProvider::Call::acquire() {
  while (may_substitute() && limits_.missing_models.contains(request_.model)) take_substitute();
  // A call must not queue while the breaker is open; begin() checks again, since the wait may be long.
  if (const auto rejection = limits_.breakers.rejection(request_.model, now())) return reject(*rejection);
  slot_ = limits_.limiter.acquire(provider_.loop_, *this);
  if (slot_ == nullptr) {
    return fail(Error{ErrorCode::overloaded,
                      fmt::format("{}: the queue of this provider is full ({} calls)", limits_.provider,
                                  limits_.limiter.options().queue_max),
                      "Try again later, or raise queue_max or concurrent_requests_max of this provider."});
  }
  if (slot_->granted()) begin();
}

void ResilientProvider::Call::begin() {
  CircuitBreaker::Rejection rejection;
  permit_ = limits_.breakers.try_acquire(request_.model, now(), rejection);
  if (!permit_) return reject(rejection);
  request_.restrictions = limits_.restrictions.of(request_.model).with(fallback_.restrictions());
  attempt_ = provider_.client_->start(request_, listener_, *this);
  // Queue time before the first attempt does not count against the budget.
  if (number_ == 1 && request_.budget.count() > 0) request_.due = std::min(request_.due, now() + request_.budget);
  ChatNotice begun;
  begun.kind = ChatNotice::Kind::begun;
  begun.attempt = number_;
  listener_.on_notice(begun);
}

// Reports to the breaker before the slot is released, so that the next call sees the new state.
void ResilientProvider::Call::release(Outcome outcome, std::string_view error) {
  const auto permit = std::exchange(permit_, std::nullopt);
  const bool opened = permit && limits_.breakers.report(*permit, outcome, error, now());
  if (opened) limits_.limiter.revalidate_waiters();
  slot_.reset();
}

void ResilientProvider::Call::reject(const CircuitBreaker::Rejection& rejection) {
  if (slot_ != nullptr) slot_->mark_unused();
  Error error{ErrorCode::overloaded,
              fmt::format("{}: circuit breaker of the model {} open after {} consecutive failures; last error: {}",
                          limits_.provider, request_.model, rejection.failures, rejection.last_error),
              "Wait, or use another model; GET /api/models lists the models whose circuit breaker is open."};
  error.retry_after = rejection.retry_in;
  fail(std::move(error));
}

// An end without an attempt, and so without a cost.
void ResilientProvider::Call::fail(Error error) {
  release(Outcome::ignored, {});
  ChatEnd end;
  end.cost = Cost{0.0, CostOrigin::estimated};
  end.error = std::move(error);
  listener_.on_end(std::move(end));
}

// The breaker has opened: end now and not at the front of the queue, which may take minutes.
void ResilientProvider::Call::on_revalidate() {
  if (const auto rejection = limits_.breakers.rejection(request_.model, now())) reject(*rejection);
}

void ResilientProvider::Call::on_queue_position(int position) {
  ChatNotice queued;
  queued.kind = ChatNotice::Kind::queued;
  queued.attempt = number_;
  queued.position = position;
  listener_.on_notice(queued);
}

void ResilientProvider::Call::on_attempt_end(core::AttemptEnd attempt) {
  attempt_.reset();
  auto& end = attempt.end;
  if (end.cost.origin == CostOrigin::unknown) {
    const auto price = limits_.prices ? limits_.prices->find(request_.model) : std::nullopt;
    end.cost = estimated_cost(price, end.usage);
  }
  release(outcome_of(end.error, end.orderly), end.error ? end.error->message : std::string_view());
  if (!end.error) limits_.retry_budget.on_success();
  if (substituted_ && end.generation.model.empty()) end.generation.model = request_.model;
  if (end.error && (repeat(attempt) || substitute(attempt) || retry(end))) return;
  listener_.on_end(std::move(end));
}

// True if the call is made again without the rejected parameters; the call may be destroyed then.
bool ResilientProvider::Call::repeat(core::AttemptEnd& attempt) {
  if (!attempt.rejection || now() >= request_.due) return false;
  if (!fallback_.apply(attempt.rejection->restrictions)) return false;
  const auto& rejected = attempt.rejection->restrictions;
  if (attempt.rejection->lasting) limits_.restrictions.add(request_.model, rejected);
  ++repetitions_;
  ChatNotice notice;
  notice.parameter = rejected.max_tokens ? std::string(name_of(core::ParameterForm::max_tokens))  //
                                         : names_of(rejected.rejected);
  start_next(std::move(notice), attempt.end);
  return true;
}

// True if another model is called; the call may be destroyed then.
bool ResilientProvider::Call::substitute(core::AttemptEnd& attempt) {
  if (!attempt.model_missing) return false;
  limits_.missing_models.add(request_.model);
  if (!may_substitute() || now() >= request_.due) return false;
  take_substitute();
  ++repetitions_;
  ChatNotice notice;
  notice.next_model = request_.model;
  start_next(std::move(notice), attempt.end);
  return true;
}

// True if another attempt follows; the call may be destroyed then. Otherwise the error states why there is none.
bool ResilientProvider::Call::retry(ChatEnd& end) {
  const Attempt attempt{number_ - repetitions_, limits_.retries_max, end.any_delta, now(), request_.due};
  const double random = std::uniform_real_distribution<double>(0, 1)(provider_.random_);
  auto decision = decide_retry(*end.error, attempt, random);
  // A rejection by the breaker would hide why the attempt failed.
  if (decision.wait && limits_.breakers.rejection(request_.model, attempt.now + *decision.wait)) {
    decision = {{}, false, fmt::format("not retried: the circuit breaker of the model {} is open", request_.model)};
  }
  if (decision.wait && !decision.requested && !limits_.retry_budget.take(attempt.now)) {
    decision = {{}, false, fmt::format("not retried: the retry budget of {} is used up", limits_.provider)};
  }
  if (!decision.wait) {
    if (!decision.reason.empty()) end.error->message.append("; ").append(decision.reason);
    return false;
  }
  ChatNotice notice;
  notice.wait = *decision.wait;
  start_next(std::move(notice), end);
  return true;
}

void ResilientProvider::Call::start_next(ChatNotice notice, ChatEnd& end) {
  notice.kind = ChatNotice::Kind::retrying;
  notice.attempt = number_++;
  notice.error = std::move(end.error);
  notice.usage = end.usage;
  notice.cost = end.cost;
  notice.generation = end.generation;
  acquire_after(notice.wait);
  listener_.on_notice(notice);
}

ResilientProvider::ResilientProvider(runtime::EventLoop& loop, ProviderLimits& limits,
                                     std::unique_ptr<core::ModelClient> client, std::uint64_t seed)
    : loop_(loop), limits_(limits), client_(std::move(client)), random_(seed) {}

std::unique_ptr<core::ChatCall> ResilientProvider::start(core::ChatRequest request, core::ChatListener& listener) {
  loop_.assert_on_thread();
  return std::make_unique<Call>(*this, std::move(request), listener);
}

}  // namespace plenum::provider
