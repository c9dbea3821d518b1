// Consecutive events of a stream, as the bytes of their frames in one view. Only on the stream's owner loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/core/event_log.h"

namespace plenum::http {

struct FrameBatch {
  std::string_view bytes;      // empty if the view has no frame for these events
  std::uint64_t last_seq = 0;  // the last event that is covered; 0: the batch is empty
  std::size_t log_bytes = 0;   // read from the log for this batch
  // Set if `bytes` are frames of a log: a partly sent frame is continued by reading it again. Otherwise `bytes` were
  // built for this read, and the unsent rest must be copied.
  core::FrameSpan frames{};

  bool empty() const { return last_seq == 0; }
};

inline FrameBatch batch_of(const core::FrameSpan& frames) {
  if (frames.empty()) return {};
  return {frames.bytes, frames.last_seq(), frames.bytes.size(), frames};
}

}  // namespace plenum::http
