// Accepts connections on one loop. All loops watch the same listening socket, each with EPOLLEXCLUSIVE,
// so that a new connection wakes one of them. No error of accept ends it.
// Source: accept(2), "Error handling"; epoll_ctl(2), EPOLLEXCLUSIVE.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/unique_fd.h"

namespace plenum::http {

// A listening socket on this address; port 0 takes a free one. Fails with config_invalid when the
// address cannot be had, and says so when another program already answers there.
Result<UniqueFd> listen_on(const std::string& host, std::uint16_t port, int backlog);
// The port a socket is bound to.
std::uint16_t port_of(int fd);

// Only its loop.
class Listener final : public runtime::FdHandler {
 public:
  using Accept = std::function<int(int fd, sockaddr* peer, socklen_t* length)>;
  using Accepted = std::function<void(UniqueFd socket, const sockaddr_storage& peer)>;

  // errors counts failed accepts. `accept` is accept4, or a test's.
  Listener(runtime::EventLoop& loop, Accepted accepted, std::atomic<std::uint64_t>& errors, Accept accept = {});
  ~Listener() override;

  // Begins to accept on this socket, which stays open until stop() was called.
  void start(int listen_fd);
  void stop();
  void on_ready(std::uint32_t events) override;

 private:
  void watch();
  void back_off();
  void turn_one_away();

  runtime::EventLoop& loop_;            // set once
  const Accepted accepted_;             // set once
  const Accept accept_;                 // set once
  std::atomic<std::uint64_t>& errors_;  // any thread
  int fd_ = -1;                         // -1: not accepting
  bool watching_ = false;
  UniqueFd spare_;  // given up to accept and close when there are no descriptors left
  runtime::TimerId resume_ = 0;
};

}  // namespace plenum::http
