#include "server/storage/memory/log.h"

#include <algorithm>
#include <utility>

namespace plenum::storage {

namespace {

// A short stream uses little memory; a long one has few blocks.
constexpr std::size_t block_bytes_min = 4 * 1024;
constexpr std::size_t block_bytes_max = 128 * 1024;

}  // namespace

MemoryLog::MemoryLog(MemoryLogOptions options) : options_(options) {}

void MemoryLog::append(std::string_view bytes, std::span<const std::uint32_t> ends) {
  const std::uint64_t before = last_seq_;
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    const std::uint32_t size = end - begin;
    Block& block = block_for(size);
    block.bytes.append(bytes, begin, size);
    block.ends.push_back(static_cast<std::uint32_t>(block.bytes.size()));
    ++last_seq_;
    begin = end;
  }
  bytes_used_ += bytes.size();
  drop_oldest(before);
}

void MemoryLog::adopt(std::string bytes, std::vector<std::uint32_t> ends) {
  if (ends.empty()) return;
  const std::uint64_t before = last_seq_;
  bytes_used_ += bytes.size();
  bytes_held_ += bytes.capacity();
  last_seq_ += ends.size();
  blocks_.push_back({std::move(bytes), before + 1, std::move(ends)});
  drop_oldest(before);
}

// Frames after `before` always stay: subscribers at the head have not received them yet.
void MemoryLog::drop_oldest(std::uint64_t before) {
  while (bytes_held_ > options_.held_bytes_max && blocks_.size() > 1 && blocks_[1].first_seq <= before + 1) {
    bytes_held_ -= blocks_.front().bytes.capacity();
    blocks_.pop_front();
  }
}

bool MemoryLog::full() const { return bytes_used_ >= options_.bytes_max || last_seq_ >= options_.events_max; }

// The last block if the frame still fits, otherwise a new one, twice as large as the last.
MemoryLog::Block& MemoryLog::block_for(std::size_t frame_bytes) {
  std::size_t capacity = block_bytes_min;
  if (!blocks_.empty()) {
    const std::string& last = blocks_.back().bytes;
    if (last.capacity() - last.size() >= frame_bytes) return blocks_.back();
    capacity = std::min(last.capacity() * 2, block_bytes_max);
  }
  Block block;
  block.bytes.reserve(std::max(capacity, frame_bytes));
  block.first_seq = last_seq_ + 1;
  bytes_held_ += block.bytes.capacity();
  blocks_.push_back(std::move(block));
  return blocks_.back();
}

core::FrameSpan MemoryLog::frames_after(std::uint64_t seq, std::size_t bytes_max) const {
  if (seq >= last_seq_ || seq + 1 < first_seq()) return {};
  auto block = blocks_.end() - 1;  // nearly every subscriber is at the head
  if (block->first_seq > seq + 1) {
    block =
        std::upper_bound(blocks_.begin(), blocks_.end(), seq + 1,
                         [](std::uint64_t wanted, const Block& candidate) { return wanted < candidate.first_seq; }) -
        1;
  }
  const std::size_t first = seq + 1 - block->first_seq;
  const std::uint32_t begin = first == 0 ? 0 : block->ends[first - 1];
  const std::span<const std::uint32_t> rest = std::span(block->ends).subspan(first);
  std::size_t count = rest.size();
  if (rest.back() - begin > bytes_max) {
    const auto past = std::upper_bound(rest.begin(), rest.end(), begin + bytes_max);
    count = std::max<std::size_t>(1, static_cast<std::size_t>(past - rest.begin()));
  }
  return {std::string_view(block->bytes).substr(begin, rest[count - 1] - begin), seq + 1, rest.first(count), begin};
}

}  // namespace plenum::storage
