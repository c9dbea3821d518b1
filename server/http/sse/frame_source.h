// The frames that the subscribers of one view receive: those of the stream's log, a filtered copy of them, or their
// translation to another format. Only on the stream's owner loop.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "server/http/sse/frame_batch.h"
#include "server/http/sse/stream_view.h"
#include "server/http/sse/translated_log.h"
#include "server/stream/stream.h"

namespace plenum::http {

template <class T>
concept FrameSourceLike = requires(T source, const T read, std::uint64_t seq, std::size_t bytes_max) {
  { read.last_seq() } -> std::same_as<std::uint64_t>;
  { source.refresh(bytes_max) } -> std::same_as<bool>;
  { source.live(seq, bytes_max) } -> std::same_as<FrameBatch>;
  { source.backlog(seq, bytes_max) } -> std::same_as<FrameBatch>;
};

// The plain view: frames of the log, without a copy.
class PlainFrames {
 public:
  explicit PlainFrames(const stream::Stream& stream) : stream_(stream) {}
  std::uint64_t last_seq() const { return stream_.head(); }
  bool refresh(std::size_t) { return true; }
  FrameBatch live(std::uint64_t after, std::size_t bytes_max) {
    return batch_of(stream_.frames_after(after, bytes_max));
  }
  FrameBatch backlog(std::uint64_t after, std::size_t bytes_max) { return live(after, bytes_max); }

 private:
  const stream::Stream& stream_;
};

// A filtered or compact view: frames are built when they are read, so no log is held for it.
class FilteredFrames {
 public:
  // Both must outlive this.
  FilteredFrames(const stream::Stream& stream, const StreamView& view) : stream_(stream), view_(view) {}
  std::uint64_t last_seq() const { return stream_.head(); }
  bool refresh(std::size_t) { return true; }
  // Never merged, so live events arrive unchanged.
  FrameBatch live(std::uint64_t after, std::size_t bytes_max);
  FrameBatch backlog(std::uint64_t after, std::size_t bytes_max);

 private:
  const stream::Stream& stream_;
  const StreamView& view_;
  std::string live_, backlog_;  // the last batch of each kind: a live batch is in use while a backlog is read
};

static_assert(FrameSourceLike<PlainFrames> && FrameSourceLike<FilteredFrames> && FrameSourceLike<TranslatedLog>);

// One of the three, without a virtual call per event.
class FrameSource {
 public:
  // Both must outlive this. batch_bytes_max: of one read, and of the backlog that one subscriber gets per iteration.
  // memory: charged with a log in another format; null: it is not charged.
  FrameSource(const stream::Stream& stream, const StreamView& view, std::size_t batch_bytes_max,
              const std::shared_ptr<runtime::MemoryBudget>& memory = {});

  // The last event whose frames can be read.
  std::uint64_t last_seq() const {
    return std::visit([](const auto& frames) { return frames.last_seq(); }, frames_);
  }
  // Processes new events of the stream. False if some are left for the next call.
  bool refresh() {
    return std::visit([this](auto& frames) { return frames.refresh(batch_bytes_max_); }, frames_);
  }
  // The events after this one for the subscribers that have all before: read once for all of them. Valid until the
  // next call and until the next event.
  FrameBatch live(std::uint64_t after) {
    return std::visit([&](auto& frames) { return frames.live(after, batch_bytes_max_); }, frames_);
  }
  // The events after this one for one subscriber that is behind. log_bytes_max bounds what is read from the log. Empty
  // if the next event is no longer held. Valid until the next call and until the next event.
  FrameBatch backlog(std::uint64_t after, std::size_t log_bytes_max) {
    return std::visit([&](auto& frames) { return frames.backlog(after, log_bytes_max); }, frames_);
  }
  // Bytes of the log that one subscriber may read per iteration of the loop.
  std::size_t backlog_share() const { return backlog_share_; }

 private:
  using Frames = std::variant<PlainFrames, FilteredFrames, TranslatedLog>;
  static Frames frames_of(const stream::Stream& stream, const StreamView& view,
                          const std::shared_ptr<runtime::MemoryBudget>& memory);

  const std::size_t batch_bytes_max_;  // set once
  const std::size_t backlog_share_;    // set once
  Frames frames_;
};

}  // namespace plenum::http
