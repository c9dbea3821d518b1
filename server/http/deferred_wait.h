// Waits on a stream for an answer that is not due yet. It watches on the stream's home loop; only there,
// except the constructor and the destructor.
#pragma once

#include <functional>
#include <memory>

#include "server/http/reply.h"
#include "server/stream/stream.h"

namespace plenum::http {

class DeferredWait final : public stream::Watcher {
 public:
  // over is called once, unless cancelled: with the reply to render then.
  using Over = std::function<void(std::function<Reply()> render)>;

  DeferredWait(Deferred what, Over over) : what_(std::move(what)), over_(std::move(over)) {}
  // The last owner lets go at home, or when the wait is over, or after the loops have stopped.
  ~DeferredWait() override;

  // The stream's loop.
  runtime::EventLoop& home() const { return what_.stream->home(); }

  void begin();
  void cancel();
  void on_head_moved(stream::Stream& stream, std::uint64_t before) override;
  void on_removed(stream::Stream& stream) override;

 private:
  bool is_over() const;
  void leave();
  void finish(bool removed);

  Deferred what_;
  Over over_;
  bool watching_ = false;
  bool cancelled_ = false;
  runtime::TimerId timer_ = 0;
};

}  // namespace plenum::http
