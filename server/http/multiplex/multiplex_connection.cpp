#include "server/http/multiplex/multiplex_connection.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/ids.h"
#include "server/http/multiplex/composite_cursor.h"
#include "server/http/multiplex/multiplex_frames.h"
#include "server/http/socket/socket_buffers.h"

namespace plenum::http {
namespace {

// Per iteration of the loop: a connection that is behind must not delay others.
constexpr std::size_t chunks_per_iteration_max = 16;
// A client that reads nothing gets no further notices of the connection.
constexpr std::size_t notices_max = 64;

// At once if this thread runs the loop, else in its next iteration.
template <class F>
void run_on(runtime::EventLoop& loop, F&& f) {
  if (loop.on_loop_thread()) {
    f();
  } else {
    loop.post(std::forward<F>(f));
  }
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

MultiplexConnection::MultiplexConnection(const MultiplexEnvironment& environment, int fd, MultiplexRequest request,
                                         std::function<void(MultiplexConnection&)> on_closed,
                                         std::shared_ptr<const void> permit)
    : environment_(environment),
      fd_(fd),
      request_(std::move(request)),
      on_closed_(std::move(on_closed)),
      last_sent_(environment.loop.now()),
      progress_(last_sent_),
      full_socket_(environment.options.memory, runtime::MemoryKind::sockets),
      permit_(std::move(permit)) {}

MultiplexConnection::~MultiplexConnection() {
  if (closed_) return;
  environment_.loop.unwatch(fd_, *this);
  ::close(fd_);
}

void MultiplexConnection::start(std::string response_head, SteadyTime ends_at) {
  ends_at_ = ends_at;
  // Edge-triggered and for all events, once, as for single subscribers.
  if (!environment_.loop.watch(fd_, EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET, *this)) {
    failed_ = true;
    return close(false);
  }
  const std::size_t streams = request_.members.size();
  flushing_ = true;  // the feeds deliver at once; multiplex_open comes first
  writer_.add(response_head);
  for (auto& member : std::exchange(request_.members, {})) add_slot(std::move(member));
  const MultiplexOpening opening{request_.is_scope() ? "mine" : "streams", streams, request_.omitted};
  writer_.add(multiplex_open_frame(request_.is_scope() ? cursor() : std::string(), opening, environment_.options,
                                   environment_.loop.clock().wall()));
  flushing_ = false;
  flush();
  if (closed_ || !request_.is_scope()) return;
  request_.opened->deliver_to(
      [&loop = environment_.loop, weak = weak_from_this()](std::shared_ptr<stream::Stream> stream) {
        loop.post([weak, stream = std::move(stream)] {
          if (const auto connection = weak.lock()) connection->join(stream);
        });
      });
}

void MultiplexConnection::join(std::shared_ptr<stream::Stream> stream) {
  if (closed_) return;
  const StreamId& id = stream->id();
  const bool known = std::any_of(slots_.begin(), slots_.end(), [&](const auto& slot) { return slot.second.id == id; });
  if (known) return;
  if (slots_.size() >= multiplexed_streams_max) {
    return add_control_frame(stream_omitted_frame(id.str(), environment_.loop.clock().wall()));
  }
  request_.known_until = std::max(request_.known_until, stream->info().created_at);
  MultiplexRequest::Member member;
  member.id = id;
  member.stream = std::move(stream);
  add_slot(std::move(member));
}

void MultiplexConnection::add_slot(MultiplexRequest::Member member) {
  const SlotKey key = next_key_++;
  Slot slot{member.id, member.stream ? member.stream->encoder().epoch() : std::string(), {}, nullptr};
  if (member.position) {
    slot.epoch = member.position->epoch;
    slot.seq = member.position->seq;
  }
  slots_.emplace(key, std::move(slot));
  if (member.stream) return start_feed(key, std::move(member.stream), std::move(member.cursor));
  const EventEncoder encoder(member.id, {}, {}, {});
  FeedMessage message;
  auto chunk = std::make_shared<FrameChunk>();
  chunk->bytes =
      stream_left_frame(encoder, EventStamp{0, environment_.loop.clock().wall(), 0}, "unavailable", &member.error);
  chunk->moves_cursor = false;
  ++live_;
  on_message(key, {std::move(chunk), true});
}

void MultiplexConnection::start_feed(SlotKey key, std::shared_ptr<stream::Stream> stream, CursorRequest cursor) {
  auto& owner_loop = stream->owner_loop();
  auto deliver = [&home = environment_.loop, weak = weak_from_this(), key](FeedMessage message) {
    // The weak pointer is locked on the connection's loop only, so that the connection is destroyed there.
    run_on(home, [weak, key, message = std::move(message)]() mutable {
      if (const auto connection = weak.lock()) connection->on_message(key, std::move(message));
    });
  };
  auto feed = std::make_shared<StreamFeed>(std::move(stream), request_.view, std::move(cursor), environment_.options,
                                           std::move(deliver));
  slots_.at(key).feed = feed;
  ++live_;
  run_on(owner_loop, [feed, &sources = environment_.sources_on(owner_loop)] { feed->start(sources); });
}

void MultiplexConnection::on_message(SlotKey key, FeedMessage message) {
  if (closed_ || !slots_.contains(key)) return;
  queue_.push_back({key, std::move(message)});
  flush();
}

void MultiplexConnection::add_control_frame(std::string frame) {
  if (queue_.size() >= multiplexed_streams_max + notices_max) return;
  auto chunk = std::make_shared<FrameChunk>();
  chunk->bytes = std::move(frame);
  chunk->moves_cursor = false;
  queue_.push_back({std::nullopt, {std::move(chunk)}});
  flush();
}

void MultiplexConnection::flush() {
  if (closed_ || flushing_) return;
  flushing_ = true;
  std::size_t chunks = 0;
  while (write_rest() && !queue_.empty()) {
    if (++chunks > chunks_per_iteration_max) {
      if (!std::exchange(flush_scheduled_, true)) {
        environment_.loop.post([weak = weak_from_this()] {
          const auto connection = weak.lock();
          if (!connection) return;
          connection->flush_scheduled_ = false;
          connection->flush();
        });
      }
      break;
    }
    write_front();
  }
  flushing_ = false;
  if (failed_) return close(false);
  if (is_over()) close(true);
}

// True if the socket may accept more.
bool MultiplexConnection::write_rest() {
  while (writer_.has_rest() && !blocked_ && !failed_) {
    const Sent sent = writer_.flush(fd_);
    blocked_ = sent.would_block;
    failed_ = sent.failed;
    count_sent(sent.bytes);
  }
  return !blocked_ && !failed_;
}

// One write of the oldest chunk.
void MultiplexConnection::write_front() {
  Queued& front = queue_.front();
  if (front.message.chunk == nullptr) {
    large_waiting_.push_back(*front.slot);
    queue_.pop_front();
    return permit_large();
  }
  const std::string_view bytes = std::string_view(front.message.chunk->bytes).substr(front.offset);
  if (!bytes.empty()) {
    const std::string& epoch = front.message.chunk->position.epoch;
    const auto written = writer_.write(fd_, bytes, front.slot ? cursor_around(*front.slot, epoch) : CursorFrame());
    blocked_ = written.would_block;
    failed_ = written.failed;
    count_sent(written.sent);
    front.offset += written.consumed;
    if (!written.last_seq.empty()) {
      Slot& slot = slots_.at(*front.slot);
      slot.epoch = epoch;
      slot.seq = number_of(written.last_seq);
    }
    if (written.consumed < bytes.size()) return;
  }
  const Queued sent = std::move(front);
  queue_.pop_front();
  on_chunk_sent(sent);
}

void MultiplexConnection::on_chunk_sent(const Queued& sent) {
  if (!sent.slot) return;
  Slot& slot = slots_.at(*sent.slot);
  if (sent.message.chunk->moves_cursor) {  // also past events that the view omits
    slot.epoch = sent.message.chunk->position.epoch;
    slot.seq = sent.message.chunk->position.seq;
  }
  if (large_slot_ == sent.slot) {
    large_slot_.reset();
    permit_large();
  }
  if (sent.message.last) return leave(*sent.slot);
  acknowledge(*sent.slot, false);
}

// One large event at a time, so that they do not add up in memory.
void MultiplexConnection::permit_large() {
  while (!large_slot_ && !large_waiting_.empty()) {
    const SlotKey key = large_waiting_.front();
    large_waiting_.pop_front();
    if (!slots_.contains(key) || !slots_.at(key).feed) continue;
    large_slot_ = key;
    acknowledge(key, true);
  }
}

void MultiplexConnection::acknowledge(SlotKey key, bool may_be_large) {
  const auto& feed = slots_.at(key).feed;
  if (feed) run_on(feed->owner_loop(), [feed, may_be_large] { feed->acknowledge(may_be_large); });
}

void MultiplexConnection::leave(SlotKey key) {
  --live_;
  slots_.at(key).feed.reset();
  if (request_.is_scope()) slots_.erase(key);  // a list keeps the position: its cursor has one for each stream
}

std::string MultiplexConnection::cursor() const {
  std::string text;
  CompositeCursorWriter writer(text);
  if (request_.is_scope()) writer.begin_scope(request_.known_until);
  for (const auto& [key, slot] : slots_) writer.add(slot.epoch, slot.seq, request_.is_scope() ? &slot.id : nullptr);
  return text;
}

CursorFrame MultiplexConnection::cursor_around(SlotKey key, std::string_view epoch) const {
  CursorFrame around;
  std::string& text = around.before;
  CompositeCursorWriter writer(text);
  std::size_t split = 0;
  if (request_.is_scope()) writer.begin_scope(request_.known_until);
  for (const auto& [each, slot] : slots_) {
    const StreamId* id = request_.is_scope() ? &slot.id : nullptr;
    if (each == key) {
      split = writer.add_open(epoch, id);
    } else {
      writer.add(slot.epoch, slot.seq, id);
    }
  }
  around.after = text.substr(split);
  text.resize(split);
  return around;
}

bool MultiplexConnection::is_over() const {
  return !request_.is_scope() && live_ == 0 && queue_.empty() && !writer_.has_rest();
}

void MultiplexConnection::on_ready(std::uint32_t events) {
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return close(false);
  bool ends = false;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && !input_ended_) {
    const PeerInput input = discard_input(fd_);
    if (input == PeerInput::broken) return close(false);
    input_ended_ = ends = input == PeerInput::ended;
  }
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    return flush();
  }
  // As for single subscribers: unsent data shows whether the client still reads.
  if (ends && !blocked_) add_control_frame(std::string(probe_comment));
}

void MultiplexConnection::count_sent(std::size_t bytes) {
  if (bytes > 0) last_sent_ = environment_.loop.now();
  written_ += bytes;
}

bool MultiplexConnection::peer_is_stuck(SteadyTime now) {
  if (const auto queued = unacknowledged_bytes(fd_)) progress_.observe(written_, *queued, now);
  return progress_.stuck_for(environment_.options.write_timeout, now);
}

void MultiplexConnection::sweep(SteadyTime now) {
  if (closed_) return;
  const auto silence = now - last_sent_;
  if (now >= ends_at_) return close(true);
  full_socket_.set(blocked_ ? full_socket_bytes : 0);
  if (blocked_) {
    // Only a lack of progress counts, as for single subscribers.
    if (silence >= environment_.options.write_timeout) close(false);
  } else if (peer_is_stuck(now)) {
    close(false);
  } else if (silence >= environment_.options.heartbeat && queue_.empty()) {
    add_control_frame(multiplex_heartbeat_frame(live_, environment_.loop.clock().wall()));
  }
}

void MultiplexConnection::drain(std::chrono::milliseconds window) {
  if (closed_) return;
  const auto spread = static_cast<std::uint32_t>(std::max<std::int64_t>(window.count(), 1));
  ends_at_ = environment_.loop.now() + milliseconds(random_between(spread / 4, spread));
  add_control_frame(multiplex_draining_frame(window, environment_.loop.clock().wall()));
}

void MultiplexConnection::close(bool completely_sent) {
  if (std::exchange(closed_, true)) return;
  for (auto& [key, slot] : slots_) {
    if (const auto feed = std::exchange(slot.feed, nullptr)) {
      run_on(feed->owner_loop(), [feed] { feed->stop(); });
    }
  }
  queue_.clear();
  request_.opened.reset();
  environment_.loop.unwatch(fd_, *this);
  if (completely_sent) {
    environment_.lingering.add(fd_);
  } else {
    abort_connection(fd_);
  }
  on_closed_(*this);
}

}  // namespace plenum::http
