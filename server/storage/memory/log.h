// A stream's log in memory: consecutive frames in blocks that never move, so that a subscriber far behind is served
// with few large writes. The oldest blocks are dropped beyond the memory limit. Lost when the process ends.
#pragma once

#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "server/core/event_log.h"

namespace plenum::storage {

struct MemoryLogOptions {
  std::size_t bytes_max = 256 * 1024 * 1024;  // of everything ever appended
  std::uint64_t events_max = 1'000'000;
  std::size_t held_bytes_max = 64 * 1024 * 1024;  // in memory; the newest frames always stay
};

class MemoryLog final : public core::EventLog {
 public:
  explicit MemoryLog(MemoryLogOptions options = {});

  void append(std::string_view bytes, std::span<const std::uint32_t> ends) override;
  void adopt(std::string bytes, std::vector<std::uint32_t> ends) override;
  bool full() const override;
  core::FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const override;
  std::uint64_t first_seq() const override { return blocks_.empty() ? 1 : blocks_.front().first_seq; }
  std::uint64_t last_seq() const override { return last_seq_; }
  std::size_t bytes_held() const override { return bytes_held_; }

 private:
  struct Block {
    std::string bytes;  // never exceeds its initial capacity, so that it does not move
    std::uint64_t first_seq = 0;
    std::vector<std::uint32_t> ends;  // of each frame, as offsets into bytes
  };
  Block& block_for(std::size_t frame_bytes);
  void drop_oldest(std::uint64_t before);

  const MemoryLogOptions options_;
  std::deque<Block> blocks_;
  std::uint64_t last_seq_ = 0;
  std::size_t bytes_used_ = 0;
  std::size_t bytes_held_ = 0;
};

}  // namespace plenum::storage
