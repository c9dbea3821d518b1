// One limit for the memory that clients can make the server use, with an account by kind. Figures are those of the
// large parts: texts, buffers and what is built from them; a share of the process is not accounted for.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

namespace plenum::runtime {

enum class MemoryKind : std::uint8_t {
  connections,   // open sockets, without the buffers of the kernel
  sockets,       // send buffers of the kernel that are full
  bodies,        // request bodies that are being received
  requests,      // requests in work: their body, its parsed form, what is built for the response
  responses,     // responses that clients have not received yet
  renders,       // responses and snapshots that several readers share
  tasks,         // tasks and their event logs
  translations,  // event logs in another format
  idempotency,   // responses to requests with an Idempotency-Key
  answers,       // cached answers
};
inline constexpr std::size_t memory_kind_count = 10;
std::string_view name_of(MemoryKind kind);

// Lock-free; any thread.
class MemoryBudget {
 public:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  explicit MemoryBudget(std::size_t bytes_max = unlimited) : bytes_max_(bytes_max) {}

  // Adds the bytes if all kinds together stay within the limit, and this kind within its share of it.
  [[nodiscard]] bool try_add(MemoryKind kind, std::size_t bytes);
  // For memory that is in use already.
  void add(MemoryKind kind, std::size_t bytes);
  void remove(MemoryKind kind, std::size_t bytes);
  // For kinds that are measured from time to time.
  void set(MemoryKind kind, std::size_t bytes);

  bool fits(MemoryKind kind, std::size_t bytes) const;
  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t share_of(MemoryKind kind) const;
  std::size_t used() const;
  std::size_t used(MemoryKind kind) const { return account(kind).load(std::memory_order_relaxed); }
  // Calls of try_add() that returned false.
  std::uint64_t rejected() const { return rejected_.load(std::memory_order_relaxed); }
  // The greatest use since the last call. Tasks count when anything else is added.
  std::size_t take_peak();

 private:
  const std::atomic<std::size_t>& account(MemoryKind kind) const { return used_[static_cast<std::size_t>(kind)]; }
  std::atomic<std::size_t>& account(MemoryKind kind) { return used_[static_cast<std::size_t>(kind)]; }
  void note_peak();

  const std::size_t bytes_max_;                                     // set once
  std::array<std::atomic<std::size_t>, memory_kind_count> used_{};  // any thread
  std::atomic<std::size_t> peak_{0};                                // any thread
  std::atomic<std::uint64_t> rejected_{0};                          // any thread
};

// A part of a budget, returned by the destructor. Not thread-safe. An empty charge accepts every size and counts none.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  MemoryCharge(std::shared_ptr<MemoryBudget> budget, MemoryKind kind) : budget_(std::move(budget)), kind_(kind) {}
  MemoryCharge(MemoryCharge&& other) noexcept;
  MemoryCharge& operator=(MemoryCharge&& other) noexcept;
  ~MemoryCharge() { set(0); }

  // Changes the size. False, and unchanged, if the greater size does not fit.
  [[nodiscard]] bool resize(std::size_t bytes);
  // The same for memory that is in use already.
  void set(std::size_t bytes);
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::size_t bytes_ = 0;
  MemoryKind kind_ = MemoryKind::requests;
};

}  // namespace plenum::runtime
