// The subscribers of one stream in one view on one loop: new events are read once for all of them. Only on the stream's
// owner loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/http/socket/lingering_sockets.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/http/sse/frame_source.h"
#include "server/http/sse/stream_view.h"
#include "server/http/sse/subscriber.h"
#include "server/runtime/event_loop.h"
#include "server/stream/stream.h"

namespace plenum::http {

class SubscriberGroup final : public stream::StreamObserver,
                              public SubscriberOwner,
                              public std::enable_shared_from_this<SubscriberGroup> {
 public:
  // loop, lingering and options must outlive the group. on_empty: called once the last subscriber has left; the caller
  // drops the group then. Must be owned by a shared_ptr.
  SubscriberGroup(runtime::EventLoop& loop, LingeringSockets& lingering, const BroadcasterOptions& options,
                  std::shared_ptr<stream::Stream> stream, StreamView view, std::function<void()> on_empty);
  ~SubscriberGroup() override;  // closes every socket

  // Takes ownership of the socket.
  void add(NewSubscriber start);
  // Sends heartbeats; disconnects subscribers that are stuck or whose time is over, and up to `excess` others whose
  // socket is full. Returns how many sockets are full, and reduces `excess` by those that it disconnected.
  std::size_t sweep(SteadyTime now, std::size_t& excess);
  // Announces the shutdown and ends every subscription at a random time within the window.
  void drain(std::chrono::milliseconds window);
  std::size_t size() const { return subscribers_.size(); }

  void on_events_published(stream::Stream& stream, std::uint64_t before) override;
  void on_removed(stream::Stream& stream) override;
  void on_writable(Subscriber& subscriber) override;
  void on_input_ended(Subscriber& subscriber) override;
  void on_peer_closed(Subscriber& subscriber) override;

 private:
  void publish(std::uint64_t before);
  void refresh_source();
  void advance(Subscriber& subscriber);
  void send_control(Subscriber& subscriber, std::string_view frame);
  // Subscribers that are behind get their next share in a later iteration.
  void defer_catch_up(Subscriber& subscriber);
  void schedule_catch_up();
  void catch_up();
  bool fully_delivered() const { return stream_->finished() && source_.last_seq() == stream_->head(); }
  void close(Subscriber& subscriber);       // after the last frame: lingers
  void disconnect(Subscriber& subscriber);  // at once
  void remove(Subscriber& subscriber);
  void schedule_cleanup();

  runtime::EventLoop& loop_;                      // set once
  LingeringSockets& lingering_;                   // set once
  const BroadcasterOptions& options_;             // set once
  const std::shared_ptr<stream::Stream> stream_;  // set once
  const StreamView view_;                         // set once
  const std::function<void()> on_empty_;          // set once
  FrameSource source_;
  bool refresh_scheduled_ = false;
  bool cleanup_scheduled_ = false;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<Subscriber*> catching_up_;  // null: has left
  // Removed, but perhaps still on the call stack: destroyed at the end of the iteration.
  std::vector<std::unique_ptr<Subscriber>> closed_;
};

}  // namespace plenum::http
