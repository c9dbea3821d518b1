#include "server/provider/limits/concurrency_limiter.h"

#include <utility>

namespace plenum::provider {

struct ConcurrencyLimiter::Entry {
  Entry(ConcurrencyLimiter& of, runtime::EventLoop& owner_loop, Waiter& of_call)
      : limiter(of), loop(owner_loop), waiter(of_call) {}

  ConcurrencyLimiter& limiter;       // set once
  runtime::EventLoop& loop;          // set once
  Waiter& waiter;                    // set once
  runtime::TimerId timer = 0;        // owner loop only
  std::atomic<bool> granted{false};  // changes only with the lock; the owner loop reads without
  int reported_position = 0;         // guarded by the limiter
};

ConcurrencyLimiter::ConcurrencyLimiter(ConcurrencyLimiterOptions options)
    : options_(options),
      unlimited_(options.concurrent_requests_max <= 0 && options.requests_per_minute <= 0),
      rate_(options.requests_per_minute) {}

ConcurrencyLimiter::~ConcurrencyLimiter() = default;

bool ConcurrencyLimiter::has_free_slot() const {
  return options_.concurrent_requests_max <= 0 || in_flight_ < options_.concurrent_requests_max;
}

std::unique_ptr<ConcurrencyLimiter::Slot> ConcurrencyLimiter::acquire(runtime::EventLoop& loop, Waiter& waiter) {
  loop.assert_on_thread();
  auto entry = std::make_shared<Entry>(*this, loop, waiter);
  if (unlimited_) {
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    entry->granted = true;
    return std::make_unique<Slot>(*this, std::move(entry));
  }
  const MutexLock lock(mutex_);
  const auto now = loop.clock().steady();
  // Queued calls go first, even if this one could be granted now.
  if (queue_.empty() && has_free_slot() && rate_.try_acquire(now)) {
    ++in_flight_;
    entry->granted = true;
    return std::make_unique<Slot>(*this, std::move(entry));
  }
  if (queue_.size() >= options_.queue_max) return nullptr;
  queue_.push_back(entry);
  admit(now);
  report_positions();
  return std::make_unique<Slot>(*this, std::move(entry));
}

ConcurrencyLimiter::Counts ConcurrencyLimiter::counts() const {
  const MutexLock lock(mutex_);
  return {in_flight_.load(), static_cast<int>(queue_.size())};
}

void ConcurrencyLimiter::revalidate_waiters() {
  if (unlimited_) return;
  const MutexLock lock(mutex_);
  for (const auto& entry : queue_) {
    entry->loop.post([weak = std::weak_ptr<Entry>(entry)] {
      const auto waiting = weak.lock();
      if (waiting && !waiting->granted) waiting->waiter.on_revalidate();
    });
  }
}

// Posts with the lock held: a slot needs the lock to leave, so the loop of every entry still exists.
void ConcurrencyLimiter::admit(SteadyTime now) {
  while (!queue_.empty() && has_free_slot()) {
    auto& next = *queue_.front();
    if (!rate_.try_acquire(now)) {
      if (timer_owner_ != &next) wait_for_token(next, rate_.next_token(now));
      return;
    }
    ++in_flight_;
    next.granted = true;
    if (timer_owner_ == &next) timer_owner_ = nullptr;
    next.loop.post([weak = std::weak_ptr<Entry>(queue_.front())] {
      const auto entry = weak.lock();
      if (!entry) return;
      entry->loop.cancel(std::exchange(entry->timer, 0));
      entry->waiter.on_granted();
    });
    queue_.pop_front();
  }
}

void ConcurrencyLimiter::wait_for_token(Entry& entry, SteadyTime due) {
  timer_owner_ = &entry;
  entry.loop.post([weak = std::weak_ptr<Entry>(queue_.front()), due] {
    const auto waiting = weak.lock();
    if (!waiting || waiting->granted) return;
    waiting->loop.cancel(waiting->timer);
    waiting->timer = waiting->loop.at(due, [weak] {
      if (const auto still_waiting = weak.lock()) still_waiting->limiter.on_timer(*still_waiting);
    });
  });
}

void ConcurrencyLimiter::report_positions() {
  int position = 0;
  for (const auto& entry : queue_) {
    ++position;
    if (entry->reported_position != 0 && position > entry->reported_position / 2) continue;
    entry->reported_position = position;
    entry->loop.post([weak = std::weak_ptr<Entry>(entry), position] {
      const auto waiting = weak.lock();
      if (waiting && !waiting->granted) waiting->waiter.on_queue_position(position);
    });
  }
}

void ConcurrencyLimiter::on_timer(Entry& entry) {
  entry.timer = 0;
  const MutexLock lock(mutex_);
  if (timer_owner_ == &entry) timer_owner_ = nullptr;
  admit(entry.loop.clock().steady());
  report_positions();
}

void ConcurrencyLimiter::release(Entry& entry, bool unused) {
  entry.loop.assert_on_thread();
  entry.loop.cancel(std::exchange(entry.timer, 0));
  if (unlimited_) {
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  const MutexLock lock(mutex_);
  if (timer_owner_ == &entry) timer_owner_ = nullptr;
  if (entry.granted) {
    --in_flight_;
    if (unused) rate_.refund();
  } else {
    queue_.remove_if([&entry](const auto& other) { return other.get() == &entry; });
  }
  admit(entry.loop.clock().steady());
  report_positions();
}

ConcurrencyLimiter::Slot::~Slot() { limiter_.release(*entry_, unused_); }

bool ConcurrencyLimiter::Slot::granted() const { return entry_->granted; }

}  // namespace plenum::provider
