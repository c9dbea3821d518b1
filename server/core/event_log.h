// One stream's append-only log of encoded frames, as the stream needs it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::core {

// Frames that lie one behind the other in memory. Valid until the log is next appended to or dropped.
struct FrameSpan {
  std::string_view bytes;
  std::uint64_t first_seq = 0;          // of the first frame
  std::span<const std::uint32_t> ends;  // end of each frame, as an offset from origin
  std::uint32_t origin = 0;  // what the offsets in ends count from, relative to bytes.begin(): ends[i] - origin

  bool empty() const { return ends.empty(); }
  std::uint64_t last_seq() const { return first_seq + ends.size() - 1; }
  // The end of frame i as an offset into bytes.
  std::size_t end(std::size_t i) const { return ends[i] - origin; }
  std::string_view frame(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : end(i - 1);
    return bytes.substr(begin, end(i) - begin);
  }
};

// Only the owner loop of the stream whose log it is.
class EventLog {
 public:
  virtual ~EventLog() = default;
  // Appends frames that were encoded one behind the other; ends are offsets into bytes. They get the
  // numbers after last_seq.
  virtual void append(std::string_view bytes, std::span<const std::uint32_t> ends) = 0;
  // The same without copying them.
  virtual void adopt(std::string bytes, std::vector<std::uint32_t> ends) = 0;
  // Set once the log holds as much as it should: its stream must come to an end now. What a run says
  // in ending is still taken, so that a full stream ends like any other.
  virtual bool full() const = 0;
  // Frames after this number, as many as lie together and fit bytes_max (at least one if there is
  // one). Empty when there are none after it, and when the next one is held no longer.
  virtual FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const = 0;
  virtual std::uint64_t first_seq() const = 0;  // oldest held; 1 when nothing has left, also when empty
  virtual std::uint64_t last_seq() const = 0;   // 0 when empty
  virtual std::size_t bytes_held() const = 0;   // memory taken
};

}  // namespace plenum::core
