// Carries a stream's frames to its readers' sockets: one log, many cursors. One Broadcaster per loop,
// which serves the streams at home there. Only its loop, unless a call says otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/clock.h"
#include "common/protocol/task_result.h"
#include "server/core/store_kind.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop.h"
#include "server/stream/stream.h"

namespace plenum::http {

struct BroadcasterOptions {
  std::chrono::milliseconds heartbeat{15'000};                // silence on a connection before a heartbeat
  std::chrono::milliseconds stuck_after{30'000};              // a reader that accepts no byte for so long is cut
  std::size_t write_bytes_max = 256 * 1024;                   // one turn's share of a reader that is behind
  redaction::Scrubber scrubber{};                             // for the opening: what follows comes from the log
  std::string store{core::name_of(core::StoreKind::memory)};  // sent in stream_open
  std::size_t forms_per_stream_max = 16;                      // besides the plain one
};

// A judged request for a stream, with the socket that carries it. Broadcaster owns the socket from now on.
struct Subscription {
  int fd = -1;  // non-blocking; its request was read whole
  std::shared_ptr<stream::Stream> stream;
  StartPoint start;
  std::string extra_headers;  // whole lines ending in CRLF, e.g. X-Request-Id and Location
  StreamView form{};
};

class SubscriberGroup;
class LingeringSocket;

class Broadcaster {
 public:
  Broadcaster(runtime::EventLoop& loop, BroadcasterOptions options);
  ~Broadcaster();  // closes every socket

  // Whether a reader in this form can be served: the forms of one stream that are read at once are bounded,
  // because each costs work with every event, and a format memory as well.
  bool has_room(stream::Stream& stream, const StreamView& form) const;
  // Answers 200 and delivers until the stream ends or the reader leaves.
  void subscribe(Subscription subscription);
  // Tells every reader that the server is going away and ends their connections, spread over the window.
  void drain(std::chrono::milliseconds window);
  // Sweeps twice a second from now on.
  void start();
  // Looks for silent, stuck and drained readers.
  void sweep();
  std::size_t readers() const;

 private:
  friend class SubscriberGroup;
  friend class LingeringSocket;
  void append_opening(std::string& out, const stream::Stream& stream, const StartPoint& start) const;
  // Sends FIN and waits a little for the peer's, so that closing cannot cut off what is still on its way.
  void linger(int fd);

  runtime::EventLoop& loop_;               // set once
  const BroadcasterOptions options_;       // set once
  std::optional<SteadyTime> drain_until_;  // only the owner loop
  using GroupKey = std::pair<stream::Stream*, StreamView>;
  std::map<GroupKey, std::unique_ptr<SubscriberGroup>> audiences_;       // only the owner loop
  std::unordered_map<int, std::unique_ptr<LingeringSocket>> lingering_;  // only the owner loop
};

}  // namespace plenum::http
