#include "server/provider/limits/resilient_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace plenum::provider {

using core::ChatEnd;
using core::ChatNotice;

// Calling the listener is the last thing that each of these functions does: it may destroy the call.
class ResilientProvider::Call final : public core::ChatCall,
                                      private core::ChatListener,
                                      private ConcurrencyLimiter::Waiter {
 public:
  Call(ResilientProvider& provider, core::ChatRequest request, core::ChatListener& listener)
      : provider_(provider), gate_(provider.gate_), listener_(listener), request_(std::move(request)) {
    enter_after(milliseconds(0));  // a listener hears nothing from inside start()
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    attempt_.reset();
    settle(Health::neither, {});
  }

 private:
  SteadyTime now() const { return provider_.loop_.clock().steady(); }
  void enter_after(milliseconds wait);
  void enter();
  void begin();
  void settle(Health health, std::string_view why);
  bool retries(ChatEnd& end);
  void refuse(const CircuitBreaker::Refusal& refusal);
  void fail(Error error);

  void on_queue_position(int position) override;
  void on_granted() override { begin(); }
  void on_recheck() override;
  void on_text(std::string_view delta) override;
  void on_reasoning(std::string_view delta) override;
  void on_notice(const ChatNotice& notice) override { listener_.on_notice(notice); }
  void on_end(ChatEnd end) override;

  ResilientProvider& provider_;
  ProviderLimits& gate_;
  core::ChatListener& listener_;
  core::ChatRequest request_;
  int number_ = 1;  // of the attempt
  bool delta_shown_ = false;
  runtime::TimerId timer_ = 0;
  std::unique_ptr<ConcurrencyLimiter::Slot> ticket_;
  std::optional<CircuitBreaker::CallToken> pass_;
  std::unique_ptr<core::ChatCall> attempt_;
};

void ResilientProvider::Call::enter_after(milliseconds wait) {
  timer_ = provider_.loop_.after(wait, [this] {
    timer_ = 0;
    enter();
  });
}

void ResilientProvider::Call::enter() {
  // Nobody should queue for a provider that is not asked; begin() looks again, since the wait may be long.
  if (const auto refusal = gate_.breaker.refuses(now())) return refuse(*refusal);
  ticket_ = gate_.turnstile.enter(provider_.loop_, *this);
  if (ticket_ == nullptr) {
    return fail(Error{
        ErrorCode::overloaded,
        fmt::format("{}: {} calls wait for this provider already", gate_.name, gate_.turnstile.options().queue_max),
        "Try again later, or raise queue_max or concurrent_requests_max of this provider."});
  }
  if (ticket_->granted()) begin();
}

void ResilientProvider::Call::begin() {
  CircuitBreaker::Refusal refusal;
  pass_ = gate_.breaker.enter(now(), refusal);
  if (!pass_) return refuse(refusal);
  attempt_ = provider_.inner_->start(request_, *this);
  // What was waited in the queue before the first attempt is nobody's time.
  if (number_ == 1 && request_.budget.count() > 0) request_.due = std::min(request_.due, now() + request_.budget);
  ChatNotice begun;
  begun.kind = ChatNotice::Kind::begun;
  begun.attempt = number_;
  listener_.on_notice(begun);
}

// Gives back what the attempt held: first the breaker's pass, so that who is let in next meets the new state.
void ResilientProvider::Call::settle(Health health, std::string_view why) {
  const bool opened = pass_ && gate_.breaker.settle(*std::exchange(pass_, std::nullopt), health, why, now());
  if (opened) gate_.turnstile.revalidate_waiters();
  ticket_.reset();
}

void ResilientProvider::Call::refuse(const CircuitBreaker::Refusal& refusal) {
  if (ticket_ != nullptr) ticket_->note_unused();
  Error error{ErrorCode::overloaded,
              fmt::format("{}: not asked, because its last {} calls failed; the last one: {}", gate_.name,
                          refusal.failures, refusal.last),
              "Wait, or ask another provider; GET /api/models shows when it is asked again."};
  error.retry_after = refusal.wait;
  fail(std::move(error));
}

// An end without an attempt: nothing was asked, so nothing was paid.
void ResilientProvider::Call::fail(Error error) {
  settle(Health::neither, {});
  ChatEnd end;
  end.cost = Cost{0.0, CostOrigin::estimated};
  end.error = std::move(error);
  listener_.on_end(std::move(end));
}

// The breaker has opened: who waits hears of it now and not at its turn, which may be minutes away.
void ResilientProvider::Call::on_recheck() {
  if (const auto refusal = gate_.breaker.refuses(now())) refuse(*refusal);
}

void ResilientProvider::Call::on_queue_position(int position) {
  ChatNotice queued;
  queued.kind = ChatNotice::Kind::queued;
  queued.attempt = number_;
  queued.position = position;
  listener_.on_notice(queued);
}

void ResilientProvider::Call::on_text(std::string_view delta) {
  delta_shown_ = true;
  listener_.on_text(delta);
}

void ResilientProvider::Call::on_reasoning(std::string_view delta) {
  delta_shown_ = true;
  listener_.on_reasoning(delta);
}

void ResilientProvider::Call::on_end(ChatEnd end) {
  attempt_.reset();
  if (end.cost.origin == CostOrigin::unknown) {
    end.cost = estimated_cost(gate_.prices.find(request_.model), end.usage);
  }
  settle(health_of(end.error), end.error ? end.error->message : std::string_view());
  if (!end.error) gate_.budget.on_success();
  if (end.error && retries(end)) return;
  listener_.on_end(std::move(end));
}

// True when another attempt will be made; the call may be gone then.
bool ResilientProvider::Call::retries(ChatEnd& end) {
  const Attempt attempt{number_, gate_.retries_max, delta_shown_, now(), request_.due};
  const double random = std::uniform_real_distribution<double>(0, 1)(provider_.random_);
  const auto wait = retry_wait(*end.error, attempt, random);
  // The breaker's refusal would hide why the attempt failed.
  if (!wait || gate_.breaker.refuses(attempt.now + *wait) || !gate_.budget.take()) return false;
  ChatNotice retrying;
  retrying.kind = ChatNotice::Kind::retrying;
  retrying.attempt = number_++;
  retrying.wait = *wait;
  retrying.error = std::move(end.error);
  retrying.usage = end.usage;
  retrying.cost = end.cost;
  enter_after(*wait);
  listener_.on_notice(retrying);
  return true;
}

ResilientProvider::ResilientProvider(runtime::EventLoop& loop, ProviderLimits& gate, std::unique_ptr<ModelClient> inner,
                                     std::uint64_t seed)
    : loop_(loop), gate_(gate), inner_(std::move(inner)), random_(seed) {}

std::unique_ptr<core::ChatCall> ResilientProvider::start(core::ChatRequest request, core::ChatListener& listener) {
  return std::make_unique<Call>(*this, std::move(request), listener);
}

}  // namespace plenum::provider
