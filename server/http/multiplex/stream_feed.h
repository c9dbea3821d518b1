// One stream's part of a connection that carries several: reads the stream's frames on its owner loop and passes them
// to the connection, one chunk at a time. The next chunk is read when the connection has sent the last one, so a slow
// client holds one chunk per stream in memory, and its stream never waits. Only on the stream's owner loop, except the
// constructor and the destructor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/http/multiplex/feed_source.h"
#include "server/http/sse/broadcaster_options.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/stream/stream.h"

namespace plenum::http {

// From a feed to its connection, in order.
struct FeedMessage {
  SharedChunk chunk;  // null: the next event is large, and is read once acknowledge(true) permits it
  bool last = false;  // the stream has left the connection
};

class StreamFeed final : public stream::StreamObserver {
 public:
  using Deliver = std::function<void(FeedMessage)>;

  // options must outlive the feed. deliver: called on the owner loop.
  StreamFeed(std::shared_ptr<stream::Stream> stream, StreamView view, CursorRequest cursor,
             const BroadcasterOptions& options, Deliver deliver)
      : stream_(std::move(stream)),
        view_(std::move(view)),
        cursor_request_(std::move(cursor)),
        options_(options),
        deliver_(std::move(deliver)) {}
  // After stop() or the last message, or after the loops have stopped.
  ~StreamFeed() override;

  runtime::EventLoop& owner_loop() const { return stream_->owner_loop(); }  // any thread

  // Resolves the cursor and delivers the first chunk: stream_open, gap notice and snapshot, as on a connection of its
  // own; or stream_left if there is nothing to deliver. sources: those of this loop.
  void start(FeedSources& sources);
  // The connection has sent the latest chunk, or permits a large one.
  void acknowledge(bool may_be_large);
  void stop();

  void on_events_published(stream::Stream& stream, std::uint64_t before) override;
  void on_removed(stream::Stream& stream) override;

 private:
  void pump(bool live);
  void deliver(std::string bytes, std::optional<std::uint64_t> seq, bool last = false,
               runtime::MemoryCharge memory = {});
  void cross_gap();
  void leave(std::string_view reason, const Error* error = nullptr);
  void detach();

  const std::shared_ptr<stream::Stream> stream_;  // set once
  const StreamView view_;                         // set once
  const CursorRequest cursor_request_;            // set once
  const BroadcasterOptions& options_;             // set once
  const Deliver deliver_;                         // set once
  std::shared_ptr<FeedSource> source_;
  std::uint64_t cursor_ = 0;  // the last event that was delivered
  bool attached_ = false;     // observes the stream and counts as its subscriber
  bool left_ = false;
  bool in_flight_ = false;  // a chunk is not acknowledged
};

}  // namespace plenum::http
