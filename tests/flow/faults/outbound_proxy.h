// Outbound proxies of the system as child processes: tinyproxy (HTTP) and microsocks (SOCKS5). Both listen on a free
// loopback port. Names under quick.test are 127.0.0.1 for them, and for nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/process/child_process.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

// Only the test's thread.
class OutboundProxy {
 public:
  struct Credentials {
    std::string user, password;  // empty: none are required
  };
  // Both throw Failure when the program does not start. `more`: lines of tinyproxy's configuration.
  static OutboundProxy http(const Credentials& credentials = {}, const std::string& more = {});
  static OutboundProxy socks(const Credentials& credentials = {});

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // The requests that tinyproxy received so far, one line each: `CONNECT host:port HTTP/1.1`.
  std::string requests() const;
  // From now on connections are refused.
  void stop();

 private:
  OutboundProxy() = default;

  std::unique_ptr<TempDir> dir_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0;
};

// A loopback port on which nothing listens.
std::uint16_t unused_port();

}  // namespace plenum::tests
