#include "server/http/sse/subscriber_group.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/ids.h"
#include "server/http/socket/socket_io.h"
#include "server/http/sse/control_frames.h"

namespace plenum::http {

namespace {

// Per iteration of the loop: a thousand late subscribers must not delay the live ones.
constexpr std::size_t catch_ups_per_iteration_max = 16;

}  // namespace

SubscriberGroup::SubscriberGroup(runtime::EventLoop& loop, LingeringSockets& lingering,
                                 const BroadcasterOptions& options, std::shared_ptr<stream::Stream> stream,
                                 StreamView view, std::function<void()> on_empty)
    : loop_(loop),
      lingering_(lingering),
      options_(options),
      stream_(std::move(stream)),
      view_(std::move(view)),
      on_empty_(std::move(on_empty)),
      source_(*stream_, view_, options_.batch_bytes_max, options_.memory) {
  stream_->watch(*this);
}

SubscriberGroup::~SubscriberGroup() {
  stream_->unwatch(*this);
  for (auto& subscriber : subscribers_) {
    loop_.unwatch(subscriber->fd(), *subscriber);
    ::close(subscriber->fd());
    stream_->add_subscribers(-1);
  }
}

void SubscriberGroup::add(NewSubscriber start) {
  const int fd = start.fd;
  auto subscriber = std::make_unique<Subscriber>(*this, std::move(start), loop_.now());
  // Edge-triggered and for all events, once: a write that would block then needs no further system call.
  if (!loop_.watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET, *subscriber)) {
    ::close(fd);
    return schedule_cleanup();
  }
  subscriber->set_index(subscribers_.size());
  subscribers_.push_back(std::move(subscriber));
  stream_->add_subscribers(1);
  refresh_source();
  advance(*subscribers_.back());
}

void SubscriberGroup::on_events_published(stream::Stream&, std::uint64_t before) { publish(before); }

void SubscriberGroup::refresh_source() {
  if (source_.refresh() || std::exchange(refresh_scheduled_, true)) return;
  loop_.post([weak = weak_from_this()] {
    const auto group = weak.lock();
    if (!group) return;
    group->refresh_scheduled_ = false;
    group->publish(group->source_.last_seq());
  });
}

// Subscribers that have everything up to `before` get one shared batch; the others continue at their own position.
void SubscriberGroup::publish(std::uint64_t before) {
  refresh_source();
  const FrameBatch live = source_.live(before);
  const SteadyTime now = loop_.now();
  const std::uint64_t last = source_.last_seq();
  const bool finished = stream_->finished();
  // From the back: a subscriber that is removed is replaced by the last one, which has been served already.
  for (std::size_t i = subscribers_.size(); i-- > 0;) {
    Subscriber& subscriber = *subscribers_[i];
    if (subscriber.blocked() || subscriber.catching_up()) continue;
    if (!live.empty() && subscriber.at_event(before)) {
      const WriteResult result = subscriber.send(live, now);
      if (result == WriteResult::failed) disconnect(subscriber);
      if (result != WriteResult::ok) continue;
    }
    if (finished || !subscriber.at_event(last)) advance(subscriber);
  }
}

void SubscriberGroup::advance(Subscriber& subscriber) {
  switch (subscriber.write(source_, loop_.now())) {
    case WriteResult::ok:
      if (fully_delivered()) close(subscriber);
      return;
    case WriteResult::blocked:
      return;
    case WriteResult::share_used:
      return defer_catch_up(subscriber);
    case WriteResult::failed:
      return disconnect(subscriber);
  }
}

void SubscriberGroup::on_writable(Subscriber& subscriber) { advance(subscriber); }

void SubscriberGroup::on_input_ended(Subscriber& subscriber) { send_control(subscriber, probe_comment); }

void SubscriberGroup::on_peer_closed(Subscriber& subscriber) { disconnect(subscriber); }

void SubscriberGroup::defer_catch_up(Subscriber& subscriber) {
  if (subscriber.catching_up()) return;
  subscriber.set_catching_up(true);
  catching_up_.push_back(&subscriber);
  if (catching_up_.size() == 1) schedule_catch_up();  // one post for all of them
}

void SubscriberGroup::schedule_catch_up() {
  loop_.post([weak = weak_from_this()] {
    if (const auto group = weak.lock()) group->catch_up();
  });
}

void SubscriberGroup::catch_up() {
  std::vector<Subscriber*> batch = std::exchange(catching_up_, {});
  const auto count = static_cast<std::ptrdiff_t>(std::min(batch.size(), catch_ups_per_iteration_max));
  catching_up_.assign(batch.begin() + count, batch.end());
  if (!catching_up_.empty()) schedule_catch_up();
  batch.resize(static_cast<std::size_t>(count));
  for (Subscriber* subscriber : batch) {
    if (subscriber == nullptr) continue;
    subscriber->set_catching_up(false);
    advance(*subscriber);
  }
}

void SubscriberGroup::send_control(Subscriber& subscriber, std::string_view frame) {
  subscriber.add_control_frame(frame);
  advance(subscriber);
}

std::size_t SubscriberGroup::sweep(SteadyTime now, std::size_t& excess) {
  std::string heartbeat;
  std::size_t full = 0;
  for (std::size_t i = subscribers_.size(); i-- > 0;) {
    Subscriber& subscriber = *subscribers_[i];
    const auto silence = now - subscriber.last_sent();
    if (now >= subscriber.ends_at()) {
      close(subscriber);
    } else if (subscriber.blocked() || subscriber.mid_frame()) {
      // Only a lack of progress counts, never the size of the backlog.
      if (silence >= options_.write_timeout || excess > 0) {
        if (silence < options_.write_timeout) --excess;
        disconnect(subscriber);
      } else {
        ++full;
      }
    } else if (subscriber.stuck_for(options_.write_timeout, now)) {
      disconnect(subscriber);
    } else if (silence >= options_.heartbeat && !subscriber.catching_up()) {
      // Other systems' clients know no heartbeat event; they ignore comments.
      if (heartbeat.empty()) heartbeat = view_.native() ? heartbeat_frame(*stream_) : ": heartbeat\n\n";
      send_control(subscriber, heartbeat);
    }
  }
  return full;
}

void SubscriberGroup::drain(std::chrono::milliseconds window) {
  const auto spread = static_cast<std::uint32_t>(std::max<std::int64_t>(window.count(), 1));
  for (std::size_t i = subscribers_.size(); i-- > 0;) {
    Subscriber& subscriber = *subscribers_[i];
    subscriber.set_ends_at(loop_.now() + milliseconds(random_between(spread / 4, spread)));
    if (subscriber.mid_frame()) continue;  // the end of the connection must suffice
    send_control(subscriber, view_.native() ? draining_frame(*stream_, window) : ": draining\n\n");
  }
}

void SubscriberGroup::close(Subscriber& subscriber) {
  const int fd = subscriber.fd();
  loop_.unwatch(fd, subscriber);
  remove(subscriber);
  lingering_.add(fd);
}

void SubscriberGroup::disconnect(Subscriber& subscriber) {
  loop_.unwatch(subscriber.fd(), subscriber);
  abort_connection(subscriber.fd());
  remove(subscriber);
}

void SubscriberGroup::remove(Subscriber& subscriber) {
  stream_->add_subscribers(-1);
  stream_->touch();
  if (subscriber.catching_up()) {
    std::replace(catching_up_.begin(), catching_up_.end(), &subscriber, static_cast<Subscriber*>(nullptr));
  }
  const std::uint32_t index = subscriber.index();
  auto removed = std::move(subscribers_[index]);
  if (index + 1 != subscribers_.size()) {
    subscribers_[index] = std::move(subscribers_.back());
    subscribers_[index]->set_index(index);
  }
  subscribers_.pop_back();
  closed_.push_back(std::move(removed));
  schedule_cleanup();
}

void SubscriberGroup::schedule_cleanup() {
  if (std::exchange(cleanup_scheduled_, true)) return;
  loop_.defer([weak = weak_from_this()] {
    const auto group = weak.lock();
    if (!group) return;
    group->cleanup_scheduled_ = false;
    group->closed_.clear();
    if (group->subscribers_.empty()) group->on_empty_();
  });
}

void SubscriberGroup::on_removed(stream::Stream&) {
  for (std::size_t i = subscribers_.size(); i-- > 0;) close(*subscribers_[i]);
  schedule_cleanup();
}

}  // namespace plenum::http
