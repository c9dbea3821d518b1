// Waits on a stream for an answer that is not due yet. It watches on the stream's owner loop; only there,
// except the constructor and the destructor.
#pragma once

#include <functional>
#include <memory>

#include "server/http/message/response.h"
#include "server/stream/stream.h"

namespace plenum::http {

class LongPoll final : public stream::StreamObserver {
 public:
  // over is called once, unless cancelled: with the reply to render then.
  using Over = std::function<void(std::function<Response()> render)>;

  LongPoll(DeferredResponse what, Over over) : what_(std::move(what)), over_(std::move(over)) {}
  // The last owner lets go at owner_loop, or when the wait is over, or after the loops have stopped.
  ~LongPoll() override;

  // The stream's loop.
  runtime::EventLoop& owner_loop() const { return what_.stream->owner_loop(); }

  void begin();
  void cancel();
  void on_events_published(stream::Stream& stream, std::uint64_t before) override;
  void on_removed(stream::Stream& stream) override;

 private:
  bool is_over() const;
  void leave();
  void finish(bool removed);

  DeferredResponse what_;
  Over over_;
  bool watching_ = false;
  bool cancelled_ = false;
  runtime::TimerId timer_ = 0;
};

}  // namespace plenum::http
