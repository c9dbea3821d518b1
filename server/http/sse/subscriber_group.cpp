#include "server/http/sse/subscriber_group.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

#include "common/protocol/sse_encoder.h"
#include "server/http/sse/socket_io.h"

namespace plenum::http {

namespace {

constexpr std::size_t readers_behind_per_turn_max = 16;
// Of a form that is made as it is sent: what one reader has ready made, and how much of the log is read for it
// in one turn. The second is larger because little may come of much.
constexpr std::size_t shaped_bytes_max = 64 * 1024;
constexpr std::size_t shaped_from_bytes_max = 1024 * 1024;

}  // namespace

std::string draining_frame(const stream::Stream& stream, std::chrono::milliseconds window) {
  const SystemMessage notice{
      "warning", "draining", "The server is going away; reconnect with the last id you have seen.", {}};
  std::string frame;
  append_retry(frame,
               random_between(1000, 1000 + static_cast<std::uint32_t>(std::max<std::int64_t>(window.count(), 0))));
  stream.encoder().append_frame(frame, Event{notice, nullptr}, stream.control_stamp());
  return frame;
}

void Subscriber::on_ready(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || ((events & EPOLLIN) != 0 && !peer_still_there(fd_))) {
    audience_.cut(*this);
    return;
  }
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    audience_.advance(*this);
  }
}

SubscriberGroup::SubscriberGroup(Broadcaster& delivery, std::shared_ptr<stream::Stream> stream, StreamView form)
    : delivery_(delivery), stream_(std::move(stream)), form_(std::move(form)) {
  if (form_.format != compat::CompatFormat::native) translated_ = std::make_unique<TranslatedLog>(form_.format);
  stream_->watch(*this);
}

SubscriberGroup::~SubscriberGroup() {
  stream_->unwatch(*this);
  for (auto& reader : readers_) {
    delivery_.loop_.unwatch(reader->fd_, *reader);
    ::close(reader->fd_);
    stream_->add_subscribers(-1);
  }
}

void SubscriberGroup::add(int fd, std::uint64_t after, std::string first_bytes, SteadyTime ends_at) {
  auto reader = std::make_unique<Subscriber>(*this, fd, after);
  // Edge-triggered, for all it can say, once: a write that would block needs no further call.
  if (!delivery_.loop_.watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET, *reader)) {
    ::close(fd);
    return;
  }
  reader->place_ = static_cast<std::uint32_t>(readers_.size());
  reader->last_frame_ = delivery_.loop_.now();
  reader->ends_at_ = ends_at;
  reader->ahead_ = std::make_unique<PendingWrite>(PendingWrite{std::move(first_bytes)});
  readers_.push_back(std::move(reader));
  stream_->add_subscribers(1);
  if (translated_) return translate();
  advance(*readers_.back());
}

core::FrameSpan SubscriberGroup::frames_after(std::uint64_t seq, std::size_t bytes_max) const {
  return translated_ ? translated_->frames_after(seq, bytes_max) : stream_->frames_after(seq, bytes_max);
}

// A share a turn: a long stream that is asked for in other words must not keep its loop from the others.
void SubscriberGroup::translate() {
  const bool all = translated_->catch_up(*stream_, delivery_.options_.write_bytes_max);
  if (!all && !std::exchange(translating_, true)) {
    delivery_.loop_.post([&delivery = delivery_, stream = stream_, key = key()] {
      const auto audience = delivery.audiences_.find(key);
      if (audience == delivery.audiences_.end()) return;
      audience->second->translating_ = false;
      audience->second->translate();
    });
  }
  for (std::size_t i = readers_.size(); i-- > 0;) {
    if (!readers_[i]->blocked_ && !readers_[i]->scheduled_) advance(*readers_[i]);
  }
}

void SubscriberGroup::on_events_published(stream::Stream& stream, std::uint64_t before) {
  if (translated_) return translate();
  // Readers at the old head get this turn's frames from one span; whoever is behind goes its own way.
  const core::FrameSpan live = stream.frames_after(before, delivery_.options_.write_bytes_max);
  std::string selected;  // made once for all
  if (!form_.selection.all() && !live.empty()) FrameFilter(form_.selection, false, selected).add(live);
  const std::string_view shaped = form_.selection.all() ? live.bytes : selected;
  // From the back: a reader that leaves is replaced by the last one, which has been served already.
  for (std::size_t i = readers_.size(); i-- > 0;) {
    Subscriber& reader = *readers_[i];
    if (reader.blocked_ || reader.scheduled_) continue;
    if (reader.cursor_ == before && reader.offset_ == 0 && !reader.ahead_ && !live.empty() &&
        !(form_.plain() ? send_live(reader, live) : send_shaped(reader, shaped, live.last_seq()))) {
      continue;
    }
    // What a socket took only in part is not blocked yet: only its refusal makes it tell of room again.
    if (reader.cursor_ < stream.head() || reader.ahead_ || stream.finished()) advance(reader);
  }
}

// One write of what is new to a reader that has all else. False when it left or its socket is full.
bool SubscriberGroup::send_live(Subscriber& reader, const core::FrameSpan& frames) {
  const Sent sent = send_some(reader.fd_, frames.bytes);
  if (sent.failed) return cut(reader), false;
  if (sent.would_block) return reader.blocked_ = true, false;
  reader.last_frame_ = delivery_.loop_.now();
  if (sent.bytes == frames.bytes.size()) return reader.cursor_ = frames.last_seq(), true;
  const auto whole = std::upper_bound(frames.ends.begin(), frames.ends.end(), frames.origin + sent.bytes);
  const auto count = static_cast<std::size_t>(whole - frames.ends.begin());
  reader.cursor_ += count;
  reader.offset_ = static_cast<std::uint32_t>(sent.bytes - (count == 0 ? 0 : frames.end(count - 1)));
  return true;  // the rest, and the socket's refusal, belong to advance()
}

// Likewise, of frames that are not the log's own: what the socket does not take at once is kept for the reader.
bool SubscriberGroup::send_shaped(Subscriber& reader, std::string_view bytes, std::uint64_t last_seq) {
  reader.cursor_ = last_seq;
  if (bytes.empty()) return true;
  const Sent sent = send_some(reader.fd_, bytes);
  if (sent.failed) return cut(reader), false;
  if (sent.bytes > 0) reader.last_frame_ = delivery_.loop_.now();
  if (sent.bytes < bytes.size())
    reader.ahead_ = std::make_unique<PendingWrite>(PendingWrite{std::string(bytes.substr(sent.bytes))});
  return !(reader.blocked_ = sent.would_block);
}

SubscriberGroup::Flow SubscriberGroup::advance(Subscriber& reader) {
  if (flush_ahead(reader) == Flow::gone) return Flow::gone;
  if (reader.blocked_ || reader.ahead_) return Flow::open;
  const bool as_logged = translated_ || form_.plain();
  if ((as_logged ? write_log(reader) : write_shaped(reader)) == Flow::gone) return Flow::gone;
  const bool all_read = reader.cursor_ == head() && !reader.blocked_ && !reader.ahead_;
  if (all_read && all_told()) {
    end(reader);
    return Flow::gone;
  }
  return Flow::open;
}

SubscriberGroup::Flow SubscriberGroup::flush_ahead(Subscriber& reader) {
  while (reader.ahead_) {
    PendingWrite& ahead = *reader.ahead_;
    const Sent sent = send_some(reader.fd_, std::string_view(ahead.bytes).substr(ahead.sent));
    if (sent.failed) return cut(reader), Flow::gone;
    if (sent.would_block) {
      reader.blocked_ = true;
      return Flow::open;
    }
    reader.last_frame_ = delivery_.loop_.now();
    ahead.sent += sent.bytes;
    if (ahead.sent == ahead.bytes.size()) reader.ahead_.reset();
  }
  return Flow::open;
}

// Writes the log after the cursor until the socket is full, the head is reached or this turn's share is
// used up: a reader far behind must not keep the others waiting.
SubscriberGroup::Flow SubscriberGroup::write_log(Subscriber& reader) {
  std::size_t share = delivery_.options_.write_bytes_max;
  while (reader.cursor_ < head()) {
    core::FrameSpan frames = frames_after(reader.cursor_, share);
    if (frames.empty()) return cut(reader), Flow::gone;  // it is held no longer: who comes back is told of the gap
    const Sent sent = send_some(reader.fd_, frames.bytes.substr(reader.offset_));
    if (sent.failed) return cut(reader), Flow::gone;
    if (sent.would_block) {
      reader.blocked_ = true;
      return Flow::open;
    }
    // Events that have no frame in other words are no sign of life.
    if (sent.bytes > 0) reader.last_frame_ = delivery_.loop_.now();
    const std::size_t reached = reader.offset_ + sent.bytes;
    const auto whole = std::upper_bound(frames.ends.begin(), frames.ends.end(), frames.origin + reached);
    const auto count = static_cast<std::size_t>(whole - frames.ends.begin());
    reader.cursor_ += count;
    reader.offset_ = static_cast<std::uint32_t>(reached - (count == 0 ? 0 : frames.end(count - 1)));
    if (sent.bytes >= share && reader.cursor_ < head()) return go_on_later(reader), Flow::open;
    share -= std::min(share, sent.bytes);
  }
  return Flow::open;
}

// Likewise in a form that is made as it is sent: what is being sent is the reader's own, and its cursor stands
// behind it. So nothing is held for a form, and a reader may go on from any event.
SubscriberGroup::Flow SubscriberGroup::write_shaped(Subscriber& reader) {
  std::size_t share = shaped_from_bytes_max;
  while (reader.cursor_ < head()) {
    if (share == 0) return go_on_later(reader), Flow::open;
    auto ahead = std::make_unique<PendingWrite>();
    FrameFilter shaper(form_.selection, form_.compact, ahead->bytes);
    while (reader.cursor_ < head() && share > 0 && ahead->bytes.size() < shaped_bytes_max) {
      const core::FrameSpan frames = stream_->frames_after(reader.cursor_, shaped_bytes_max);
      if (frames.empty()) return cut(reader), Flow::gone;  // likewise
      shaper.add(frames);
      reader.cursor_ = frames.last_seq();
      share -= std::min(share, frames.bytes.size());
    }
    shaper.finish();
    if (ahead->bytes.empty()) continue;
    reader.ahead_ = std::move(ahead);
    if (flush_ahead(reader) == Flow::gone) return Flow::gone;
    if (reader.blocked_) return Flow::open;
  }
  return Flow::open;
}

void SubscriberGroup::go_on_later(Subscriber& reader) {
  if (std::exchange(reader.scheduled_, true)) return;
  going_on_.push_back(&reader);
  if (going_on_.size() == 1) post_go_on();  // the first one posts for all
}

void SubscriberGroup::post_go_on() {
  delivery_.loop_.post([&delivery = delivery_, stream = stream_, key = key()] {
    const auto audience = delivery.audiences_.find(key);
    if (audience != delivery.audiences_.end()) audience->second->go_on();
  });
}

// A few a turn: a thousand readers that come late together must not keep the live ones waiting.
void SubscriberGroup::go_on() {
  std::vector<Subscriber*> turn = std::exchange(going_on_, {});
  const auto served = static_cast<std::ptrdiff_t>(std::min(turn.size(), readers_behind_per_turn_max));
  going_on_.assign(turn.begin() + served, turn.end());
  if (!going_on_.empty()) post_go_on();
  turn.resize(static_cast<std::size_t>(served));
  for (Subscriber* reader : turn) {
    if (reader == nullptr) continue;
    reader->scheduled_ = false;
    advance(*reader);
  }
}

SubscriberGroup::Flow SubscriberGroup::send_control(Subscriber& reader, const std::string& frame) {
  if (!reader.ahead_) reader.ahead_ = std::make_unique<PendingWrite>();
  reader.ahead_->bytes += frame;
  return advance(reader);
}

void SubscriberGroup::sweep(SteadyTime now) {
  std::string heartbeat;
  for (std::size_t i = readers_.size(); i-- > 0;) {
    Subscriber& reader = *readers_[i];
    const auto silence = now - reader.last_frame_;
    if (now >= reader.ends_at_) {
      end(reader);
    } else if (reader.blocked_ || reader.offset_ > 0) {
      // Only the lack of progress counts, never the size of what is owed.
      if (silence >= delivery_.options_.stuck_after) cut(reader);
    } else if (silence >= delivery_.options_.heartbeat && !reader.scheduled_) {
      if (heartbeat.empty()) heartbeat = heartbeat_frame();
      send_control(reader, heartbeat);
    }
  }
}

std::string SubscriberGroup::heartbeat_frame() const {
  if (translated_) return ": heartbeat\n\n";  // a comment: those clients know no such event
  std::string frame;
  const Event event{Heartbeat{stream_->head(), stream_->encoder().epoch(), stream_->status()}, nullptr};
  stream_->encoder().append_frame(frame, event, stream_->control_stamp());
  return frame;
}

void SubscriberGroup::drain(std::chrono::milliseconds window) {
  const auto spread = static_cast<std::uint32_t>(std::max<std::int64_t>(window.count(), 1));
  for (std::size_t i = readers_.size(); i-- > 0;) {
    Subscriber& reader = *readers_[i];
    reader.ends_at_ = delivery_.loop_.now() + milliseconds(random_between(spread / 4, spread));
    if (reader.offset_ > 0) continue;  // in the middle of a frame: its end must do
    send_control(reader, translated_ ? ": draining\n\n" : draining_frame(*stream_, window));
  }
}

void SubscriberGroup::end(Subscriber& reader) {
  const int fd = reader.fd_;
  delivery_.loop_.unwatch(fd, reader);
  forget(reader);
  delivery_.linger(fd);
}

void SubscriberGroup::cut(Subscriber& reader) {
  delivery_.loop_.unwatch(reader.fd_, reader);
  close_at_once(reader.fd_);
  forget(reader);
}

void SubscriberGroup::forget(Subscriber& reader) {
  stream_->add_subscribers(-1);
  stream_->touch();
  if (reader.scheduled_) std::replace(going_on_.begin(), going_on_.end(), &reader, static_cast<Subscriber*>(nullptr));
  const std::uint32_t place = reader.place_;
  auto gone = std::move(readers_[place]);
  if (place + 1 != readers_.size()) {
    readers_[place] = std::move(readers_.back());
    readers_[place]->place_ = place;
  }
  readers_.pop_back();
  leaving_.push_back(std::move(gone));
  if (leaving_.size() > 1) return;  // the turn's first leaver has arranged the rest
  delivery_.loop_.defer([&delivery = delivery_, stream = stream_, key = key()] {
    const auto found = delivery.audiences_.find(key);
    if (found == delivery.audiences_.end()) return;
    found->second->leaving_.clear();
    if (found->second->readers_.empty()) delivery.audiences_.erase(found);
  });
}

void SubscriberGroup::on_removed(stream::Stream&) {
  for (std::size_t i = readers_.size(); i-- > 0;) end(*readers_[i]);
  if (leaving_.empty()) {
    delivery_.loop_.defer([&delivery = delivery_, stream = stream_, key = key()] { delivery.audiences_.erase(key); });
  }
}

}  // namespace plenum::http
