// Waits on a stream for a response that is not available yet. Only on the stream's owner loop, except the constructor
// and the destructor.
#pragma once

#include <functional>
#include <memory>

#include "server/http/handlers/handler_result.h"
#include "server/http/message/response.h"
#include "server/stream/stream.h"

namespace plenum::http {

class LongPoll final : public stream::StreamObserver {
 public:
  // Called once, unless cancelled, with a function that renders the response.
  using OnReady = std::function<void(std::function<Response()> render)>;

  LongPoll(DeferredResponse deferred, OnReady on_ready)
      : deferred_(std::move(deferred)), on_ready_(std::move(on_ready)) {}
  // On the owner loop, or when the wait is over, or after the loops have stopped.
  ~LongPoll() override;

  runtime::EventLoop& owner_loop() const { return deferred_.stream->owner_loop(); }

  void start();
  void cancel();
  void on_events_published(stream::Stream& stream, std::uint64_t before) override;
  void on_removed(stream::Stream& stream) override;

 private:
  bool is_ready() const;
  void stop();
  void finish(bool removed);

  DeferredResponse deferred_;
  OnReady on_ready_;
  bool watching_ = false;
  bool cancelled_ = false;
  runtime::TimerId timer_ = 0;
};

}  // namespace plenum::http
