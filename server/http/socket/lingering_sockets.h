// Sockets whose response is complete. FIN is sent; each is closed on the peer's FIN, or after a second: closing at once
// could discard data in flight (RFC 9112, 9.6). Only on their loop.
#pragma once

#include <memory>
#include <unordered_map>

#include "common/base/clock.h"
#include "server/runtime/event_loop.h"

namespace plenum::http {

class LingeringSockets {
 public:
  explicit LingeringSockets(runtime::EventLoop& loop);
  ~LingeringSockets();  // closes them all

  // Takes ownership of the socket, which must not be watched any more.
  void add(int fd);
  // Closes those whose time is over.
  void sweep(SteadyTime now);

 private:
  class Socket;

  runtime::EventLoop& loop_;  // set once
  std::unordered_map<int, std::unique_ptr<Socket>> sockets_;
};

}  // namespace plenum::http
