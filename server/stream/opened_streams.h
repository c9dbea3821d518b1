// The streams that are opened from the registration on, for one reader on an event loop. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/runtime/guarded.h"
#include "server/stream/stream.h"

namespace plenum::stream {

class OpenedStreams {
 public:
  using Receiver = std::function<void(std::shared_ptr<Stream>)>;

  // waiting_max: streams that wait for a receiver. Further ones are dropped.
  explicit OpenedStreams(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  // Called by the manager for each new stream.
  void add(const std::shared_ptr<Stream>& stream) {
    state_.with([&](State& state) {
      if (state.receiver) return state.receiver(stream);
      if (state.waiting.size() < waiting_max_) state.waiting.push_back(stream);
    });
  }
  // Passes the streams that wait, and from now on each new one, in order. The receiver is called on the thread that
  // opens the stream, under a lock: it must not block.
  void deliver_to(Receiver receiver) {
    state_.with([&](State& state) {
      for (auto& stream : std::exchange(state.waiting, {})) receiver(std::move(stream));
      state.receiver = std::move(receiver);
    });
  }

 private:
  struct State {
    Receiver receiver;
    std::vector<std::shared_ptr<Stream>> waiting;
  };

  const std::size_t waiting_max_;  // set once
  runtime::Guarded<State> state_;  // guarded
};

}  // namespace plenum::stream
