#include "server/http/multiplex/stream_feed.h"

#include <utility>

#include "server/http/multiplex/multiplex_frames.h"
#include "server/http/shared/shared_renders.h"
#include "server/http/sse/control_frames.h"

namespace plenum::http {

StreamFeed::~StreamFeed() {
  if (attached_) stream_->unwatch(*this);
}

void StreamFeed::start(FeedSources& sources) {
  if (left_) return;
  const auto resolution = resolve_cursor(cursor_request_, extent_of(*stream_));
  if (const auto* error = std::get_if<Error>(&resolution)) return leave("unavailable", error);
  if (std::holds_alternative<NothingMore>(resolution)) return leave("ended");
  auto source = sources.get(stream_, view_);
  if (!source) return leave("unavailable", &source.error());
  const auto& start = std::get<StartPoint>(resolution);
  runtime::MemoryCharge snapshot(options_.memory, runtime::MemoryKind::renders);
  if (start.snapshot && !snapshot.resize(render_bytes(*stream_))) {
    const Error error = out_of_memory();
    return leave("unavailable", &error);
  }
  source_ = std::move(*source);
  stream_->watch(*this);
  stream_->add_subscribers(1);
  attached_ = true;
  cursor_ = start.after;
  std::string opening;
  append_opening(opening, *stream_, start, options_, owner_loop().clock().steady());
  deliver(std::move(opening), start.after, false, std::move(snapshot));
}

void StreamFeed::acknowledge(bool may_be_large) {
  in_flight_ = false;
  if (left_ || !attached_) return;
  if (!may_be_large) return pump(false);
  const auto chunk = source_->chunk_after(cursor_, false, true);
  if (!chunk) return cross_gap();
  cursor_ = chunk->position.seq;
  in_flight_ = true;
  deliver_({chunk});
}

void StreamFeed::on_events_published(stream::Stream&, std::uint64_t before) { pump(cursor_ == before); }

void StreamFeed::on_removed(stream::Stream&) {
  attached_ = false;
  stream_->add_subscribers(-1);
  leave("removed");
}

void StreamFeed::pump(bool live) {
  if (in_flight_ || left_) return;
  if (cursor_ == stream_->head()) {
    if (stream_->finished()) leave("ended");
    return;
  }
  auto chunk = source_->chunk_after(cursor_, live, false);
  if (!chunk && !source_->found_large()) return cross_gap();
  if (chunk) cursor_ = chunk->position.seq;
  in_flight_ = true;
  deliver_({std::move(chunk)});
}

void StreamFeed::deliver(std::string bytes, std::optional<std::uint64_t> seq, bool last, runtime::MemoryCharge memory) {
  options_.scrubber.scrub(bytes);
  auto chunk = std::make_shared<FrameChunk>();
  if (memory.bytes() > 0) memory.set(bytes.capacity());
  chunk->memory = std::move(memory);
  chunk->bytes = std::move(bytes);
  chunk->position = {stream_->encoder().epoch(), seq.value_or(0)};
  chunk->moves_cursor = seq.has_value();
  in_flight_ = true;
  deliver_({std::move(chunk), last});
}

// The log has dropped events that the client does not have: as for a cursor that is too old.
void StreamFeed::cross_gap() {
  CursorRequest request;
  request.after = std::to_string(cursor_);
  request.gap = cursor_request_.gap;
  const auto resolution = resolve_cursor(request, extent_of(*stream_));
  const auto* start = std::get_if<StartPoint>(&resolution);
  if (start == nullptr) {
    const auto* error = std::get_if<Error>(&resolution);
    return leave(error != nullptr ? "unavailable" : "ended", error);
  }
  runtime::MemoryCharge snapshot(options_.memory, runtime::MemoryKind::renders);
  if (start->snapshot && !snapshot.resize(render_bytes(*stream_))) {
    const Error busy = out_of_memory();
    return leave("unavailable", &busy);
  }
  cursor_ = start->after;
  std::string bytes;
  append_gap(bytes, *stream_, *start);
  deliver(std::move(bytes), cursor_, false, std::move(snapshot));
}

void StreamFeed::leave(std::string_view reason, const Error* error) {
  if (std::exchange(left_, true)) return;
  detach();
  std::string frame = stream_left_frame(stream_->encoder(), stream_->control_stamp(), reason, error);
  // A stream that ended is delivered completely, and the cursor of a list includes its end.
  const bool complete = error == nullptr && reason == "ended";
  deliver(std::move(frame), complete ? std::optional(stream_->head()) : std::nullopt, true);
}

void StreamFeed::stop() {
  left_ = true;
  detach();
}

void StreamFeed::detach() {
  if (!std::exchange(attached_, false)) return;
  stream_->unwatch(*this);
  stream_->add_subscribers(-1);
  stream_->touch();
}

}  // namespace plenum::http
