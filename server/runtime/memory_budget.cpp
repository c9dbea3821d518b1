#include "server/runtime/memory_budget.h"

#include <algorithm>
#include <utility>

namespace plenum::runtime {
namespace {

struct Row {
  std::string_view name;
  std::size_t eighths;  // of the limit: one kind must not leave nothing for the others
};

constexpr std::array<Row, memory_kind_count> rows = {{{"connections", 8},
                                                      {"sockets", 2},
                                                      {"bodies", 1},
                                                      {"requests", 2},
                                                      {"responses", 2},
                                                      {"renders", 3},
                                                      {"tasks", 4},
                                                      {"translations", 1},
                                                      {"idempotency", 1},
                                                      {"answers", 1}}};

}  // namespace

std::string_view name_of(MemoryKind kind) { return rows[static_cast<std::size_t>(kind)].name; }

std::size_t MemoryBudget::share_of(MemoryKind kind) const {
  return bytes_max_ / 8 * rows[static_cast<std::size_t>(kind)].eighths;
}

// There is no counter of the sum: events are added to the account of their kind only, so that they cost one operation.
std::size_t MemoryBudget::used() const {
  std::size_t sum = 0;
  for (const auto& account : used_) sum += account.load(std::memory_order_relaxed);
  return sum;
}

bool MemoryBudget::fits(MemoryKind kind, std::size_t bytes) const {
  const std::size_t in_use = used(), of_kind = used(kind), share = share_of(kind);
  return in_use <= bytes_max_ && bytes <= bytes_max_ - in_use && of_kind <= share && bytes <= share - of_kind;
}

// Added first, so that two threads cannot take the same space.
bool MemoryBudget::try_add(MemoryKind kind, std::size_t bytes) {
  account(kind).fetch_add(bytes, std::memory_order_relaxed);
  if (fits(kind, 0)) {
    note_peak();
    return true;
  }
  remove(kind, bytes);
  rejected_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void MemoryBudget::add(MemoryKind kind, std::size_t bytes) {
  account(kind).fetch_add(bytes, std::memory_order_relaxed);
  note_peak();
}

void MemoryBudget::remove(MemoryKind kind, std::size_t bytes) {
  account(kind).fetch_sub(bytes, std::memory_order_relaxed);
}

void MemoryBudget::set(MemoryKind kind, std::size_t bytes) { account(kind).store(bytes, std::memory_order_relaxed); }

void MemoryBudget::note_peak() {
  const std::size_t now = used();
  std::size_t peak = peak_.load(std::memory_order_relaxed);
  while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

std::size_t MemoryBudget::take_peak() {
  const std::size_t now = used();
  return std::max(peak_.exchange(now, std::memory_order_relaxed), now);
}

MemoryCharge::MemoryCharge(MemoryCharge&& other) noexcept
    : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)), kind_(other.kind_) {}

MemoryCharge& MemoryCharge::operator=(MemoryCharge&& other) noexcept {
  if (this == &other) return *this;
  set(0);
  budget_ = std::move(other.budget_);
  bytes_ = std::exchange(other.bytes_, 0);
  kind_ = other.kind_;
  return *this;
}

bool MemoryCharge::resize(std::size_t bytes) {
  if (budget_ && bytes > bytes_ && !budget_->try_add(kind_, bytes - bytes_)) return false;
  if (bytes < bytes_) return set(bytes), true;
  if (budget_) bytes_ = bytes;
  return true;
}

void MemoryCharge::set(std::size_t bytes) {
  if (!budget_) return;
  if (bytes > bytes_) budget_->add(kind_, bytes - bytes_);
  if (bytes < bytes_) budget_->remove(kind_, bytes_ - bytes);
  bytes_ = bytes;
}

}  // namespace plenum::runtime
