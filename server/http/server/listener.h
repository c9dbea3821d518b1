// Accepts connections on one loop. All loops watch the same listening socket with EPOLLEXCLUSIVE, so that a new
// connection wakes one of them. No error of accept(2) stops it.
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

// A listening socket on this address; port 0: any free port. Fails with config_invalid, which distinguishes an address
// in use from other errors.
Result<runtime::UniqueFd> listen_on(const std::string& host, std::uint16_t port, int backlog);
// The port a socket is bound to.
std::uint16_t port_of(int fd);

// Only on its loop.
class Listener final : public runtime::FdHandler {
 public:
  using Accept = std::function<int(int fd, sockaddr* peer, socklen_t* length)>;
  using Accepted = std::function<void(runtime::UniqueFd socket, const sockaddr_storage& peer)>;

  // errors: counts failed accepts. accept: accept4 by default; a parameter for tests.
  Listener(runtime::EventLoop& loop, Accepted accepted, std::atomic<std::uint64_t>& errors, Accept accept = {});
  ~Listener() override;

  // Starts to accept on this socket, which must stay open until stop().
  void start(int listen_fd);
  void stop();
  void on_ready(std::uint32_t events) override;

 private:
  void watch();
  void back_off();
  void reject_one();

  runtime::EventLoop& loop_;            // set once
  const Accepted accepted_;             // set once
  const Accept accept_;                 // set once
  std::atomic<std::uint64_t>& errors_;  // any thread
  int fd_ = -1;                         // -1: not accepting
  bool watching_ = false;
  runtime::UniqueFd spare_;  // closed to accept and close one connection when no descriptor is free
  runtime::TimerId resume_ = 0;
};

}  // namespace plenum::http
