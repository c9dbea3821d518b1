// Delivers streams to their subscribers' sockets: one log per stream, one cursor per subscriber. One Broadcaster per
// loop, for the streams that this loop owns. Only on that loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "server/http/socket/lingering_sockets.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/http/sse/subscriber_group.h"
#include "server/runtime/event_loop.h"
#include "server/stream/stream.h"

namespace plenum::http {

// A validated request for a stream, and its socket, which the Broadcaster owns from then on.
struct Subscription {
  int fd = -1;  // non-blocking; the request was read completely
  std::shared_ptr<stream::Stream> stream;
  StartPoint start;
  std::string extra_headers;  // complete lines that end in CRLF, e.g. X-Request-Id and Location
  StreamView view{};
  SharedBodyPtr snapshot{};              // the frame of start.snapshot; null: it is rendered here
  std::shared_ptr<const void> permit{};  // of the connection; released when the socket is closed
};

class Broadcaster {
 public:
  Broadcaster(runtime::EventLoop& loop, BroadcasterOptions options);
  ~Broadcaster();  // closes every socket

  // Whether one more subscriber with this view can be served. The views of one stream are limited, because each costs
  // work per event, and a translated one memory as well.
  bool accepts(stream::Stream& stream, const StreamView& view) const;
  // Responds with 200 and delivers until the stream has ended or the client disconnects.
  void subscribe(Subscription subscription);
  // Announces the shutdown to every subscriber and ends the connections at random times within the window.
  void drain(std::chrono::milliseconds window);
  // Sweeps twice a second from now on.
  void start();
  // Sends heartbeats; disconnects stuck and drained subscribers.
  void sweep();
  std::size_t subscribers() const;
  const BroadcasterOptions& options() const { return options_; }  // any thread

 private:
  using GroupKey = std::pair<stream::Stream*, StreamView>;
  SubscriberGroup& group_of(const std::shared_ptr<stream::Stream>& stream, const StreamView& view);

  runtime::EventLoop& loop_;               // set once
  const BroadcasterOptions options_;       // set once
  std::optional<SteadyTime> drain_until_;  // absent: not draining
  LingeringSockets lingering_;
  runtime::MemoryCharge full_sockets_;
  std::map<GroupKey, std::shared_ptr<SubscriberGroup>> groups_;
};

}  // namespace plenum::http
