// The connections of one loop that carry several streams. Only on that loop, except where noted.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/clock.h"
#include "server/http/multiplex/feed_source.h"
#include "server/http/multiplex/multiplex_connection.h"
#include "server/http/multiplex/multiplex_request.h"
#include "server/http/socket/lingering_sockets.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/runtime/event_loop.h"

namespace plenum::http {

class Multiplexer {
 public:
  // loop and options must outlive it. sources_on: the sources of a loop, of its multiplexer; any thread.
  Multiplexer(runtime::EventLoop& loop, const BroadcasterOptions& options,
              std::function<FeedSources&(const runtime::EventLoop&)> sources_on);
  ~Multiplexer();  // closes every socket

  // Responds with 200 and delivers until all streams of a list have ended, or until the client disconnects. Takes
  // ownership of the socket. extra_headers: complete lines that end in CRLF.
  // permit: of the connection; released with it.
  void subscribe(int fd, MultiplexRequest request, const std::string& extra_headers,
                 std::shared_ptr<const void> permit = {});
  // Announces the shutdown to every connection and ends them at random times within the window.
  void drain(std::chrono::milliseconds window);
  // Sends heartbeats; disconnects stuck and drained connections. Call it twice a second.
  void sweep();
  std::size_t connections() const { return connections_.size(); }
  FeedSources& sources() { return sources_; }  // any thread; the sources: only on this loop

 private:
  const MultiplexEnvironment environment_;  // set once
  LingeringSockets lingering_;
  FeedSources sources_;
  std::optional<SteadyTime> drain_until_;  // absent: not draining
  std::unordered_map<MultiplexConnection*, std::shared_ptr<MultiplexConnection>> connections_;
};

}  // namespace plenum::http
