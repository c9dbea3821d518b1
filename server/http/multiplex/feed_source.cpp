#include "server/http/multiplex/feed_source.h"

namespace plenum::http {

FeedSource::FeedSource(std::shared_ptr<stream::Stream> stream, const StreamView& view)
    : stream_(std::move(stream)), view_(view), frames_(*stream_, view_, chunk_bytes) {}

SharedChunk FeedSource::chunk_after(std::uint64_t seq, bool live, bool may_be_large) {
  found_large_ = false;
  live = live && view_.compact;  // otherwise both kinds have the same bytes
  if (latest_ && latest_after_ == seq && latest_live_ == live &&
      (may_be_large || latest_->bytes.size() <= large_bytes)) {
    return latest_;
  }
  const FrameBatch batch = live ? frames_.live(seq) : frames_.backlog(seq, frames_.backlog_share());
  if (batch.empty()) return nullptr;
  found_large_ = batch.bytes.size() > large_bytes;
  if (found_large_ && !may_be_large) return nullptr;
  auto chunk = std::make_shared<FrameChunk>();
  chunk->bytes = batch.bytes;
  chunk->position = {stream_->encoder().epoch(), batch.last_seq};
  latest_ = std::move(chunk);
  latest_after_ = seq;
  latest_live_ = live;
  return latest_;
}

Result<std::shared_ptr<FeedSource>> FeedSources::get(const std::shared_ptr<stream::Stream>& stream,
                                                     const StreamView& view) {
  std::erase_if(sources_, [](const auto& entry) { return entry.second.expired(); });
  const std::pair key{stream.get(), view};
  if (const auto found = sources_.find(key); found != sources_.end()) {
    if (auto source = found->second.lock()) return source;
  }
  if (!view.plain()) {
    // The plain view is the first one in the order of views.
    std::size_t views = 0;
    auto at = sources_.upper_bound({stream.get(), StreamView{}});
    for (; at != sources_.end() && at->first.first == stream.get(); ++at) ++views;
    if (views >= views_per_stream_max_) {
      return Failure(Error{ErrorCode::busy, "This stream has too many different views at once.",
                           "Omit `types`, `members` and `replay`, or retry later."});
    }
  }
  auto source = std::make_shared<FeedSource>(stream, view);
  sources_[key] = source;
  return source;
}

}  // namespace plenum::http
