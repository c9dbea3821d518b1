// One connection that carries several streams. It belongs to the loop that accepted it; the feeds of its streams belong
// to their owner loops and pass frames to it by post. Only on its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "server/http/multiplex/frame_writer.h"
#include "server/http/multiplex/multiplex_request.h"
#include "server/http/multiplex/stream_feed.h"
#include "server/http/socket/lingering_sockets.h"
#include "server/http/socket/peer_progress.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/runtime/event_loop.h"

namespace plenum::http {

// What a connection needs of its surroundings.
struct MultiplexEnvironment {
  runtime::EventLoop& loop;  // of the connection
  LingeringSockets& lingering;
  const BroadcasterOptions& options;
  std::function<FeedSources&(const runtime::EventLoop&)> sources_on;  // any thread
};

class MultiplexConnection final : public runtime::FdHandler, public std::enable_shared_from_this<MultiplexConnection> {
 public:
  // environment must outlive the connection. Takes ownership of the socket. on_closed: called once, when the socket is
  // no longer used.
  // permit: of the connection; released with it.
  MultiplexConnection(const MultiplexEnvironment& environment, int fd, MultiplexRequest request,
                      std::function<void(MultiplexConnection&)> on_closed, std::shared_ptr<const void> permit = {});
  ~MultiplexConnection() override;

  // Sends the response head and multiplex_open, and starts the feeds.
  void start(std::string response_head, SteadyTime ends_at);
  // A stream that was opened meanwhile.
  void join(std::shared_ptr<stream::Stream> stream);
  // Sends a heartbeat; ends the connection if it is stuck or its time is over.
  void sweep(SteadyTime now);
  void drain(std::chrono::milliseconds window);

  void on_ready(std::uint32_t events) override;

 private:
  using SlotKey = std::uint32_t;
  struct Slot {
    StreamId id;
    std::string epoch;
    std::optional<std::uint64_t> seq;  // that the client has; absent: nothing was sent
    std::shared_ptr<StreamFeed> feed;  // null: the stream has left
  };
  struct Queued {
    std::optional<SlotKey> slot;  // absent: a frame of the connection
    FeedMessage message;
    std::size_t offset = 0;  // bytes of the chunk that are written
  };

  void add_slot(MultiplexRequest::Member member);
  void start_feed(SlotKey key, std::shared_ptr<stream::Stream> stream, CursorRequest cursor);
  void on_message(SlotKey key, FeedMessage message);
  void add_control_frame(std::string frame);
  void flush();
  bool write_rest();
  void write_front();
  void on_chunk_sent(const Queued& sent);
  void permit_large();
  void acknowledge(SlotKey key, bool may_be_large);
  void leave(SlotKey key);
  std::string cursor() const;
  // The cursor with a place for the number of one stream.
  CursorFrame cursor_around(SlotKey key, std::string_view epoch) const;
  bool is_over() const;
  bool peer_is_stuck(SteadyTime now);
  void count_sent(std::size_t bytes);
  void close(bool completely_sent);

  const MultiplexEnvironment& environment_;                    // set once
  const int fd_;                                               // set once
  MultiplexRequest request_;                                   // its members are moved to slots_
  const std::function<void(MultiplexConnection&)> on_closed_;  // set once
  std::map<SlotKey, Slot> slots_;                              // in the order of the cursor
  SlotKey next_key_ = 0;
  std::size_t live_ = 0;  // slots with a feed
  std::deque<Queued> queue_;
  std::deque<SlotKey> large_waiting_;  // slots whose next event is large
  std::optional<SlotKey> large_slot_;  // the one that may send it: one at a time
  FrameWriter writer_;
  SteadyTime last_sent_;
  std::uint64_t written_ = 0;  // bytes that the kernel accepted
  PeerProgress progress_;
  runtime::MemoryCharge full_socket_;
  const std::shared_ptr<const void> permit_;  // set once
  SteadyTime ends_at_ = SteadyTime::max();
  bool blocked_ = false;      // the socket is full
  bool failed_ = false;       // the connection is lost
  bool input_ended_ = false;  // the client has closed its sending side
  bool flushing_ = false;
  bool flush_scheduled_ = false;
  bool closed_ = false;
};

}  // namespace plenum::http
