// The readers of one stream in one form on one loop: a cursor and a socket each. Only that loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/http/sse/broadcaster.h"
#include "server/http/sse/translated_log.h"
#include "server/runtime/event_loop.h"
#include "server/stream/stream.h"

namespace plenum::http {

class SubscriberGroup;

// Bytes that go out before anything more of the log.
struct PendingWrite {
  std::string bytes;
  std::size_t sent = 0;
};

// One connection. It reads nothing but its end; what it is owed is the log after its cursor.
class Subscriber final : public runtime::FdHandler {
 public:
  Subscriber(SubscriberGroup& audience, int fd, std::uint64_t cursor) : audience_(audience), cursor_(cursor), fd_(fd) {}
  void on_ready(std::uint32_t events) override;

 private:
  friend class SubscriberGroup;

  SubscriberGroup& audience_;
  std::uint64_t cursor_;      // the last frame that was written whole, or is part of what is ahead
  std::uint32_t offset_ = 0;  // bytes of the next frame that are written already
  std::uint32_t place_ = 0;   // in the audience
  int fd_;
  bool blocked_ = false;                    // the socket takes nothing now; EPOLLOUT will tell
  bool scheduled_ = false;                  // goes on in a later turn
  SteadyTime last_frame_{};                 // when bytes last went out: the heartbeat counts from here
  SteadyTime ends_at_ = SteadyTime::max();  // when drained
  std::unique_ptr<PendingWrite> ahead_;     // response head or control frame that must go out first
};

// The notice that the server is going away, with a `retry:` somewhere in the window, so that the readers
// of a server do not all come back at once.
std::string draining_frame(const stream::Stream& stream, std::chrono::milliseconds window);

class SubscriberGroup final : public stream::StreamObserver {
 public:
  // form: of all its readers.
  SubscriberGroup(Broadcaster& delivery, std::shared_ptr<stream::Stream> stream, StreamView form);
  ~SubscriberGroup() override;  // closes every socket

  // Adds a reader; its first bytes go out before anything of the log.
  void add(int fd, std::uint64_t after, std::string first_bytes, SteadyTime ends_at = SteadyTime::max());
  void on_events_published(stream::Stream& stream, std::uint64_t before) override;
  void on_removed(stream::Stream& stream) override;
  void sweep(SteadyTime now);
  void drain(std::chrono::milliseconds window);
  std::size_t size() const { return readers_.size(); }
  const std::shared_ptr<stream::Stream>& stream() const { return stream_; }

 private:
  friend class Subscriber;
  enum class Flow { open, gone };
  using Key = std::pair<stream::Stream*, StreamView>;

  Key key() const { return {stream_.get(), form_}; }
  // What its readers can have by now: the stream, or what of it has been put into other words.
  std::uint64_t head() const { return translated_ ? translated_->last_seq() : stream_->head(); }
  core::FrameSpan frames_after(std::uint64_t seq, std::size_t bytes_max) const;
  bool all_told() const { return stream_->finished() && head() == stream_->head(); }
  void translate();

  bool send_live(Subscriber& reader, const core::FrameSpan& frames);
  bool send_shaped(Subscriber& reader, std::string_view bytes, std::uint64_t last_seq);
  Flow advance(Subscriber& reader);
  Flow flush_ahead(Subscriber& reader);
  Flow write_log(Subscriber& reader);
  Flow write_shaped(Subscriber& reader);
  Flow send_control(Subscriber& reader, const std::string& frame);
  void end(Subscriber& reader);
  void cut(Subscriber& reader);
  void forget(Subscriber& reader);
  void go_on_later(Subscriber& reader);
  void post_go_on();
  void go_on();
  std::string heartbeat_frame() const;

  Broadcaster& delivery_;                         // set once
  const std::shared_ptr<stream::Stream> stream_;  // set once
  const StreamView form_;                         // set once
  std::unique_ptr<TranslatedLog> translated_;     // null in the native format
  bool translating_ = false;                      // goes on in a later turn
  std::vector<std::unique_ptr<Subscriber>> readers_;
  std::vector<Subscriber*> going_on_;                 // far behind: they get their next share in the next turn
  std::vector<std::unique_ptr<Subscriber>> leaving_;  // gone, but perhaps still on the call stack until the turn ends
};

}  // namespace plenum::http
