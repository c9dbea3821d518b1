#include "server/http/server/long_poll.h"

namespace plenum::http {

// The timer is not cancelled: if it is still set, the loops have stopped and may be destroyed already.
LongPoll::~LongPoll() {
  if (!watching_) return;
  deferred_.stream->unwatch(*this);
  deferred_.stream->add_waiters(-1);
}

void LongPoll::start() {
  if (cancelled_) return;
  if (is_ready()) return finish(false);
  deferred_.stream->watch(*this);
  deferred_.stream->add_waiters(1);
  watching_ = true;
  if (deferred_.at_most) {
    timer_ = owner_loop().after(*deferred_.at_most, [this] {
      timer_ = 0;
      finish(false);
    });
  }
}

void LongPoll::cancel() {
  cancelled_ = true;
  stop();
}

bool LongPoll::is_ready() const {
  return deferred_.read_on_owner || deferred_.stream->finished() ||
         (!deferred_.until_finished && deferred_.stream->head() > deferred_.seen);
}

void LongPoll::stop() {
  if (watching_) {
    deferred_.stream->unwatch(*this);
    deferred_.stream->add_waiters(-1);
    deferred_.stream->touch();
  }
  if (timer_ != 0) owner_loop().cancel(timer_);
  watching_ = false;
  timer_ = 0;
}

void LongPoll::finish(bool removed) {
  stop();
  if (deferred_.read_on_owner && !removed) deferred_.read_on_owner();
  const auto on_ready = std::move(on_ready_);
  on_ready([finish = std::move(deferred_.finish), removed] { return finish(removed); });
}

void LongPoll::on_events_published(stream::Stream&, std::uint64_t) {
  if (is_ready()) finish(false);
}

void LongPoll::on_removed(stream::Stream&) {
  watching_ = false;  // the stream has dropped its observers
  deferred_.stream->add_waiters(-1);
  finish(true);
}

}  // namespace plenum::http
