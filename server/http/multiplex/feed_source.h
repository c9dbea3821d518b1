// The frames of one stream in one view for the connections that carry several streams: read from the log once for all
// of them. Only on the stream's owner loop; a chunk, once built: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "server/http/sse/frame_source.h"
#include "server/http/sse/stream_view.h"
#include "server/runtime/memory_budget.h"
#include "server/stream/stream.h"

namespace plenum::http {

// Whole frames with the event ids of their stream. Never changed once it is shared.
struct FrameChunk {
  std::string bytes;
  EventId position{};        // of the stream once all bytes are sent
  bool moves_cursor = true;  // false: position is not set
  runtime::MemoryCharge memory{};
};
using SharedChunk = std::shared_ptr<const FrameChunk>;

class FeedSource {
 public:
  FeedSource(std::shared_ptr<stream::Stream> stream, const StreamView& view);

  // The events after `seq`: a chunk for all readers at this position. live: as live events, never merged.
  // Null if the next event is no longer held, or if the chunk exceeds large_bytes and may_be_large is false.
  SharedChunk chunk_after(std::uint64_t seq, bool live, bool may_be_large);
  // Whether the latest chunk_after() found a large chunk.
  bool found_large() const { return found_large_; }

  static constexpr std::size_t chunk_bytes = 16 * 1024;   // of the log, for one chunk of a plain view
  static constexpr std::size_t large_bytes = 128 * 1024;  // only a single event is larger

 private:
  const std::shared_ptr<stream::Stream> stream_;  // set once
  const StreamView view_;                         // set once
  FrameSource frames_;
  bool found_large_ = false;
  // The latest chunk, and the position and kind that it was built for.
  SharedChunk latest_;
  std::uint64_t latest_after_ = 0;
  bool latest_live_ = false;
};

// The sources of one loop's streams. Only on that loop.
class FeedSources {
 public:
  explicit FeedSources(std::size_t views_per_stream_max) : views_per_stream_max_(views_per_stream_max) {}

  // The source of this view; sources are shared as long as a feed uses them. Fails with busy if the stream has too many
  // views.
  Result<std::shared_ptr<FeedSource>> get(const std::shared_ptr<stream::Stream>& stream, const StreamView& view);

 private:
  const std::size_t views_per_stream_max_;  // set once; besides the plain one
  std::map<std::pair<stream::Stream*, StreamView>, std::weak_ptr<FeedSource>> sources_;
};

}  // namespace plenum::http
