#include "server/http/deferred_wait.h"

namespace plenum::http {

// The timer is not cancelled: if it still runs, the loops have stopped and may be half gone.
DeferredWait::~DeferredWait() {
  if (!watching_) return;
  what_.stream->unwatch(*this);
  what_.stream->add_waiting(-1);
}

void DeferredWait::begin() {
  if (cancelled_) return;
  if (is_over()) return finish(false);
  what_.stream->watch(*this);
  what_.stream->add_waiting(1);
  watching_ = true;
  if (what_.at_most) {
    timer_ = home().after(*what_.at_most, [this] {
      timer_ = 0;
      finish(false);
    });
  }
}

void DeferredWait::cancel() {
  cancelled_ = true;
  leave();
}

bool DeferredWait::is_over() const {
  return what_.read_at_home || what_.stream->finished() || (!what_.until_finished && what_.stream->head() > what_.seen);
}

void DeferredWait::leave() {
  if (watching_) {
    what_.stream->unwatch(*this);
    what_.stream->add_waiting(-1);
    what_.stream->touch();
  }
  if (timer_ != 0) home().cancel(timer_);
  watching_ = false;
  timer_ = 0;
}

void DeferredWait::finish(bool removed) {
  leave();
  if (what_.read_at_home && !removed) what_.read_at_home();
  const auto over = std::move(over_);
  over([answer = std::move(what_.answer), removed] { return answer(removed); });
}

void DeferredWait::on_head_moved(stream::Stream&, std::uint64_t) {
  if (is_over()) finish(false);
}

void DeferredWait::on_removed(stream::Stream&) {
  watching_ = false;  // the stream forgets its watchers by itself
  what_.stream->add_waiting(-1);
  finish(true);
}

}  // namespace plenum::http
