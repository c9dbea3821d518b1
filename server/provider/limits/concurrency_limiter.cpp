#include "server/provider/limits/concurrency_limiter.h"

#include <algorithm>
#include <utility>

namespace plenum::provider {

RateBucket::RateBucket(int requests_per_minute) {
  if (requests_per_minute <= 0) return;
  tokens_max_ = std::max(1, requests_per_minute / 6);
  tokens_ = tokens_max_;
  // A full bucket and what comes in the rest of the minute are together the number of the minute.
  period_ = std::chrono::nanoseconds(std::chrono::minutes(1)) / (requests_per_minute - tokens_max_ + 1);
}

void RateBucket::refill(SteadyTime now) {
  if (tokens_ >= tokens_max_ || now < refilled_) {
    refilled_ = std::max(refilled_, now);
    return;
  }
  const auto come = std::min<std::int64_t>((now - refilled_) / period_, tokens_max_ - tokens_);
  tokens_ += static_cast<int>(come);
  refilled_ = tokens_ == tokens_max_ ? now : refilled_ + come * period_;
}

bool RateBucket::take(SteadyTime now) {
  if (period_.count() == 0) return true;
  refill(now);
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

void RateBucket::give_back() { tokens_ = std::min(tokens_ + 1, tokens_max_); }

SteadyTime RateBucket::next(SteadyTime now) const {
  return period_.count() == 0 || tokens_ > 0 ? now : refilled_ + period_;
}

struct ConcurrencyLimiter::Place {
  Place(ConcurrencyLimiter& owner, runtime::EventLoop& home, Waiter& who) : turnstile(owner), loop(home), caller(who) {}

  ConcurrencyLimiter& turnstile;  // set once
  runtime::EventLoop& loop;       // set once
  Waiter& caller;                 // set once
  runtime::TimerId timer = 0;     // only the owner loop
  std::atomic<bool> in{false};    // changes only with the lock; the owner loop reads without
  int told = 0;                   // guarded by the turnstile: the last position that was told
};

ConcurrencyLimiter::ConcurrencyLimiter(ConcurrencyLimiterOptions options)
    : options_(options),
      unbounded_(options.concurrent_requests_max <= 0 && options.requests_per_minute <= 0),
      rate_(options.requests_per_minute) {}

ConcurrencyLimiter::~ConcurrencyLimiter() = default;

std::unique_ptr<ConcurrencyLimiter::Slot> ConcurrencyLimiter::enter(runtime::EventLoop& loop, Waiter& caller) {
  auto place = std::make_shared<Place>(*this, loop, caller);
  if (unbounded_) {
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    place->in = true;
    return std::make_unique<Slot>(*this, std::move(place));
  }
  std::lock_guard lock(mutex_);
  // Whoever waits goes first, even if this one could go in now.
  queue_.push_back(place);
  const auto now = loop.clock().steady();
  // Nobody hears of its own admission from inside enter(): the ticket says so.
  const bool first = queue_.size() == 1;
  if (first && (options_.concurrent_requests_max <= 0 || in_flight_ < options_.concurrent_requests_max) &&
      rate_.take(now)) {
    queue_.pop_back();
    ++in_flight_;
    place->in = true;
    return std::make_unique<Slot>(*this, std::move(place));
  }
  if (queue_.size() > options_.queue_max) {
    queue_.pop_back();
    return nullptr;
  }
  admit(now);
  tell_positions();
  return std::make_unique<Slot>(*this, std::move(place));
}

ConcurrencyLimiter::Counts ConcurrencyLimiter::counts() const {
  std::lock_guard lock(mutex_);
  return {in_flight_.load(), static_cast<int>(queue_.size())};
}

void ConcurrencyLimiter::revalidate_waiters() {
  if (unbounded_) return;
  std::lock_guard lock(mutex_);
  for (const auto& place : queue_) {
    place->loop.post([weak = std::weak_ptr<Place>(place)] {
      const auto waiter = weak.lock();
      if (waiter && !waiter->in) waiter->caller.on_recheck();
    });
  }
}

// What is posted here is posted with the lock held: a ticket needs it to leave, so the loop is still there.
void ConcurrencyLimiter::admit(SteadyTime now) {
  while (!queue_.empty() && (options_.concurrent_requests_max <= 0 || in_flight_ < options_.concurrent_requests_max)) {
    const auto& next = queue_.front();
    const std::weak_ptr<Place> weak = next;
    if (!rate_.take(now)) {
      if (woken_by_timer_ == next.get()) return;
      woken_by_timer_ = next.get();
      next->loop.post([weak, due = rate_.next(now)] {
        const auto place = weak.lock();
        if (!place || place->in) return;
        place->loop.cancel(place->timer);
        place->timer = place->loop.at(due, [weak] {
          if (const auto waiter = weak.lock()) waiter->turnstile.on_timer(*waiter);
        });
      });
      return;
    }
    ++in_flight_;
    next->in = true;
    if (woken_by_timer_ == next.get()) woken_by_timer_ = nullptr;
    next->loop.post([weak] {
      const auto place = weak.lock();
      if (!place) return;
      place->loop.cancel(std::exchange(place->timer, 0));
      place->caller.on_granted();
    });
    queue_.pop_front();
  }
}

void ConcurrencyLimiter::tell_positions() {
  int position = 0;
  for (const auto& place : queue_) {
    ++position;
    if (place->told != 0 && position > place->told / 2) continue;
    place->told = position;
    place->loop.post([weak = std::weak_ptr<Place>(place), position] {
      const auto waiter = weak.lock();
      if (waiter && !waiter->in) waiter->caller.on_queue_position(position);
    });
  }
}

void ConcurrencyLimiter::on_timer(Place& place) {
  place.timer = 0;
  std::lock_guard lock(mutex_);
  if (woken_by_timer_ == &place) woken_by_timer_ = nullptr;
  admit(place.loop.clock().steady());
  tell_positions();
}

void ConcurrencyLimiter::leave(Place& place, bool unused) {
  place.loop.cancel(std::exchange(place.timer, 0));
  if (unbounded_) {
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  std::lock_guard lock(mutex_);
  if (woken_by_timer_ == &place) woken_by_timer_ = nullptr;
  if (place.in) {
    --in_flight_;
    if (unused) rate_.give_back();
  } else {
    queue_.remove_if([&place](const auto& other) { return other.get() == &place; });
  }
  admit(place.loop.clock().steady());
  tell_positions();
}

ConcurrencyLimiter::Slot::~Slot() { turnstile_.leave(*place_, unused_); }

bool ConcurrencyLimiter::Slot::granted() const { return place_->in; }

}  // namespace plenum::provider
