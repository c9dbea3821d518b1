// The append-only log of encoded frames of one stream, as a port for the stream module.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::core {

// Consecutive frames in memory. Valid until the next append, or until the log is destroyed.
struct FrameSpan {
  std::string_view bytes;
  std::uint64_t first_seq = 0;          // of the first frame
  std::span<const std::uint32_t> ends;  // end of each frame, as an offset from origin
  std::uint32_t origin = 0;             // offset of bytes.begin(): frame i ends at bytes[ends[i] - origin]

  bool empty() const { return ends.empty(); }
  std::uint64_t last_seq() const { return first_seq + ends.size() - 1; }
  // The end of frame i as an offset into bytes.
  std::size_t end(std::size_t i) const { return ends[i] - origin; }
  std::string_view frame(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : end(i - 1);
    return bytes.substr(begin, end(i) - begin);
  }
};

// Owner loop of the stream only; after the terminal event, any thread may read.
class EventLog {
 public:
  virtual ~EventLog() = default;
  // Appends consecutive frames; ends are offsets into bytes. Their numbers follow last_seq().
  virtual void append(std::string_view bytes, std::span<const std::uint32_t> ends) = 0;
  // Likewise, without a copy.
  virtual void adopt(std::string bytes, std::vector<std::uint32_t> ends) = 0;
  // True once the log has reached its limit: the stream must end. Appends are still accepted, so that a full stream
  // ends like any other.
  virtual bool full() const = 0;
  // Frames after this number: as many as are contiguous in memory and fit bytes_max, at least one. Empty if there are
  // none, or if the next one was dropped.
  virtual FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const = 0;
  virtual std::uint64_t first_seq() const = 0;  // oldest available; 1 if nothing was dropped, even if empty
  virtual std::uint64_t last_seq() const = 0;   // 0 if empty
  virtual std::size_t bytes_held() const = 0;   // memory used
};

}  // namespace plenum::core
