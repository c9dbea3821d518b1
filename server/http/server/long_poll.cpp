#include "server/http/server/long_poll.h"

namespace plenum::http {

// The timer is not cancelled: if it still runs, the loops have stopped and may be half gone.
LongPoll::~LongPoll() {
  if (!watching_) return;
  what_.stream->unwatch(*this);
  what_.stream->add_waiters(-1);
}

void LongPoll::begin() {
  if (cancelled_) return;
  if (is_over()) return finish(false);
  what_.stream->watch(*this);
  what_.stream->add_waiters(1);
  watching_ = true;
  if (what_.at_most) {
    timer_ = owner_loop().after(*what_.at_most, [this] {
      timer_ = 0;
      finish(false);
    });
  }
}

void LongPoll::cancel() {
  cancelled_ = true;
  leave();
}

bool LongPoll::is_over() const {
  return what_.read_on_owner || what_.stream->finished() ||
         (!what_.until_finished && what_.stream->head() > what_.seen);
}

void LongPoll::leave() {
  if (watching_) {
    what_.stream->unwatch(*this);
    what_.stream->add_waiters(-1);
    what_.stream->touch();
  }
  if (timer_ != 0) owner_loop().cancel(timer_);
  watching_ = false;
  timer_ = 0;
}

void LongPoll::finish(bool removed) {
  leave();
  if (what_.read_on_owner && !removed) what_.read_on_owner();
  const auto over = std::move(over_);
  over([answer = std::move(what_.answer), removed] { return answer(removed); });
}

void LongPoll::on_events_published(stream::Stream&, std::uint64_t) {
  if (is_over()) finish(false);
}

void LongPoll::on_removed(stream::Stream&) {
  watching_ = false;  // the stream forgets its watchers by itself
  what_.stream->add_waiters(-1);
  finish(true);
}

}  // namespace plenum::http
