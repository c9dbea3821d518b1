// A TCP connection that a test can cut: forwards bytes between its clients and a port on loopback.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/latch.h"
#include "tests/support/net/sockets.h"
#include "tests/support/upstream/upstream_script.h"

namespace plenum::tests {

// Every call may come from the test's thread while bytes flow.
class TcpProxy {
 public:
  explicit TcpProxy(std::uint16_t to_port);
  ~TcpProxy();  // cuts everything and joins

  std::uint16_t port() const { return port_; }
  // Each of the next connections is cut once so many bytes have come back through it, one figure a
  // connection; connections after those are left whole.
  void cut_next_after(std::vector<std::size_t> bytes, Cut how);
  int connections() const;

 private:
  struct Pair;
  void pump();
  bool pass(Pair& pair, bool from_server);
  void accept_one();

  const std::uint16_t to_port_;  // set once
  std::uint16_t port_ = 0;       // set once
  Fd listener_;                  // only the pumping thread, after construction
  Latch stop_{"stop"};           // any thread
  mutable std::mutex mutex_;
  std::vector<std::size_t> cuts_;  // guarded by mutex_; the next one first
  Cut how_ = Cut::reset;           // guarded by mutex_
  int accepted_ = 0;               // guarded by mutex_
  std::list<Pair> pairs_;          // only the pumping thread
  std::thread thread_;
};

}  // namespace plenum::tests
