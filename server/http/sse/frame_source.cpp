#include "server/http/sse/frame_source.h"

namespace plenum::http {
namespace {

// Built frames of one batch, and the part of the log that is read for them per iteration: larger, because a filter may
// drop most of it.
constexpr std::size_t built_bytes_max = 64 * 1024;
constexpr std::size_t filtered_share = 1024 * 1024;

}  // namespace

FrameBatch FilteredFrames::live(std::uint64_t after, std::size_t bytes_max) {
  const core::FrameSpan span = stream_.frames_after(after, bytes_max);
  if (span.empty()) return {};
  FrameBatch batch{span.bytes, span.last_seq(), span.bytes.size()};
  if (view_.filter.all()) return batch;
  live_.clear();
  FrameFilter(view_.filter, false, live_).add(span);
  batch.bytes = live_;
  return batch;
}

FrameBatch FilteredFrames::backlog(std::uint64_t after, std::size_t bytes_max) {
  backlog_.clear();
  FrameFilter filter(view_.filter, view_.compact, backlog_);
  FrameBatch batch;
  while (after < last_seq() && batch.log_bytes < bytes_max && backlog_.size() < built_bytes_max) {
    const core::FrameSpan span = stream_.frames_after(after, built_bytes_max);
    if (span.empty()) break;
    filter.add(span);
    after = batch.last_seq = span.last_seq();
    batch.log_bytes += span.bytes.size();
  }
  filter.finish();
  batch.bytes = backlog_;
  return batch;
}

FrameSource::Frames FrameSource::frames_of(const stream::Stream& stream, const StreamView& view,
                                           const std::shared_ptr<runtime::MemoryBudget>& memory) {
  if (!view.native()) return Frames(std::in_place_type<TranslatedLog>, stream, view.format, memory);
  if (view.plain()) return Frames(std::in_place_type<PlainFrames>, stream);
  return Frames(std::in_place_type<FilteredFrames>, stream, view);
}

FrameSource::FrameSource(const stream::Stream& stream, const StreamView& view, std::size_t batch_bytes_max,
                         const std::shared_ptr<runtime::MemoryBudget>& memory)
    : batch_bytes_max_(batch_bytes_max),
      backlog_share_(view.native() && !view.plain() ? filtered_share : batch_bytes_max),
      frames_(frames_of(stream, view, memory)) {}

}  // namespace plenum::http
