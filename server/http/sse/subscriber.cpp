#include "server/http/sse/subscriber.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "server/http/socket/socket_buffers.h"

namespace plenum::http {

namespace {

// How often the progress of the peer is read, as a part of the timeout: rarely, because it is a call for each
// subscriber.
constexpr int checks_per_timeout = 4;

}  // namespace

Subscriber::Subscriber(SubscriberOwner& owner, NewSubscriber start, SteadyTime now)
    : owner_(owner),
      cursor_(start.after),
      fd_(start.fd),
      last_sent_(now),
      ends_at_(start.ends_at),
      progress_(now),
      pending_(std::make_unique<Pending>(Pending{std::move(start.first_bytes), std::move(start.snapshot)})),
      permit_(std::move(start.permit)) {}

bool Subscriber::stuck_for(milliseconds time, SteadyTime now) {
  if (now - progress_.observed_at() < time / checks_per_timeout) return false;
  if (const auto queued = unacknowledged_bytes(fd_)) progress_.observe(written_, *queued, now);
  return progress_.stuck_for(time, now);
}

bool Subscriber::Pending::pop() {
  sent = 0;
  if (!bytes.empty()) {
    bytes = {};
  } else if (shared) {
    shared.reset();
  } else {
    rest = {};
  }
  return !front().empty();
}

void Subscriber::on_ready(std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return owner_.on_peer_closed(*this);
  bool ends = false;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && !input_ended_) {
    const PeerInput input = discard_input(fd_);
    if (input == PeerInput::broken) return owner_.on_peer_closed(*this);
    input_ended_ = ends = input == PeerInput::ended;
  }
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    return owner_.on_writable(*this);
  }
  if (ends && !blocked_ && !mid_frame()) owner_.on_input_ended(*this);
}

Sent Subscriber::send_bytes(std::string_view bytes, SteadyTime now) {
  const Sent sent = send_some(fd_, bytes);
  blocked_ = sent.would_block;
  if (sent.bytes > 0) last_sent_ = now;
  written_ += sent.bytes;
  return sent;
}

WriteResult Subscriber::send(const FrameBatch& batch, SteadyTime now) {
  const bool in_log = !batch.frames.empty();
  if (batch.bytes.empty()) {  // the view has no frame for these events
    cursor_ = batch.last_seq;
    return WriteResult::ok;
  }
  const std::string_view bytes = batch.bytes.substr(offset_);
  const Sent sent = send_bytes(bytes, now);
  if (sent.failed) return WriteResult::failed;
  if (sent.bytes == bytes.size()) {
    cursor_ = batch.last_seq;
    offset_ = 0;
  } else if (in_log) {
    advance_cursor(batch.frames, offset_ + sent.bytes);
  } else {
    cursor_ = batch.last_seq;
    pending_ = std::make_unique<Pending>(Pending{std::string(bytes.substr(sent.bytes))});
  }
  return blocked_ ? WriteResult::blocked : WriteResult::ok;
}

// Moves behind the frames that end within the first `bytes` of the span.
void Subscriber::advance_cursor(const core::FrameSpan& frames, std::size_t bytes) {
  const auto whole = std::upper_bound(frames.ends.begin(), frames.ends.end(), frames.origin + bytes);
  const auto count = static_cast<std::size_t>(whole - frames.ends.begin());
  cursor_ += count;
  offset_ = static_cast<std::uint32_t>(bytes - (count == 0 ? 0 : frames.end(count - 1)));
}

// The socket is edge-triggered: it reports new space only after a send() has failed with EAGAIN, so writing continues
// until then, here and in write().
WriteResult Subscriber::flush_pending(SteadyTime now) {
  while (pending_) {
    const Sent sent = send_bytes(pending_->front().substr(pending_->sent), now);
    if (sent.failed) return WriteResult::failed;
    if (sent.would_block) return WriteResult::blocked;
    pending_->sent += sent.bytes;
    if (pending_->sent == pending_->front().size() && !pending_->pop()) pending_.reset();
  }
  return WriteResult::ok;
}

WriteResult Subscriber::write(FrameSource& source, SteadyTime now) {
  if (const auto result = flush_pending(now); result != WriteResult::ok) return result;
  for (std::size_t share = source.backlog_share(); cursor_ < source.last_seq();) {
    if (share == 0) return WriteResult::share_used;
    const FrameBatch batch = source.backlog(cursor_, share);
    if (batch.empty()) return WriteResult::failed;  // on reconnect the client gets a gap notice
    share -= std::min(share, batch.log_bytes);
    if (const auto result = send(batch, now); result != WriteResult::ok) return result;
    if (const auto result = flush_pending(now); result != WriteResult::ok) return result;
  }
  return WriteResult::ok;
}

void Subscriber::add_control_frame(std::string_view frame) {
  if (!pending_) pending_ = std::make_unique<Pending>();
  (pending_->shared ? pending_->rest : pending_->bytes) += frame;
}

}  // namespace plenum::http
