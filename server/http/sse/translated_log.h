// One stream's log in another format: frame n holds what that system's clients are told of event n,
// which may be nothing, and ends with the id of event n. So cursors, shares and resuming work on it as on the
// stream itself, and a frame is made once for all readers. Only the owner loop.
#pragma once

#include <memory>
#include <string>

#include "server/compat/translator.h"
#include "server/storage/memory/log.h"
#include "server/stream/stream.h"

namespace plenum::http {

class TranslatedLog {
 public:
  // The format must not be native.
  explicit TranslatedLog(compat::CompatFormat format);

  // Takes over what the stream has more, at most so many bytes of it. True when nothing is left.
  bool catch_up(const stream::Stream& stream, std::size_t bytes_max);
  core::FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const {
    return log_.frames_after(seq, bytes_max);
  }
  std::uint64_t last_seq() const { return log_.last_seq(); }

 private:
  void append(std::string_view native_frame);

  const std::unique_ptr<compat::EventTranslator> projection_;
  storage::MemoryLog log_;
  std::string bytes_;                  // of the piece that is being taken over; kept for its capacity
  std::vector<std::uint32_t> ends_;    // likewise
  std::vector<compat::Frame> frames_;  // likewise
};

}  // namespace plenum::http
